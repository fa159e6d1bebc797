"""The public Python interface, and what the command line calls: generate, evaluate, compare.

Everything here is also ``vbench.NAME``. Keywords that do not exist are refused with the closest one that does.

>>> import tempfile
>>> folder = tempfile.mkdtemp()
>>> small = {"frames": 4, "width": 64, "height": 48}
>>> generate("synthetic", f"{folder}/videos", prompts=["a red bus"], samples=2, settings=small).made
2
>>> judged = {"dimensions": ["temporal_flickering"], "profile": "lite"}
>>> run = evaluate(f"{folder}/videos", output=f"{folder}/run", **judged)
>>> list(run.card.scores), len(run.rows())
(['temporal_flickering'], 2)
>>> again = evaluate(f"{folder}/videos", output=f"{folder}/again", **judged)
>>> compare(run, again)[0].differences["temporal_flickering"].change
0.0
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from functools import wraps
from inspect import signature
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from vbench.errors import NothingToScore, UsageError
from vbench.files.place import told_of_fetching
from vbench.files.remote import located
from vbench.registry import unknown

if TYPE_CHECKING:
    import torch

    from vbench.analysis.comparison import Comparison
    from vbench.distances.result import Distance
    from vbench.progress import Progress
    from vbench.runs.cluster import Cluster
    from vbench.runs.evaluate import Asked
    from vbench.runs.run import Run
    from vbench.sampling.generate import Sampled
    from vbench.sampling.story import Told

P = ParamSpec("P")
R = TypeVar("R")


def known_keywords(function: Callable[P, R]) -> Callable[P, R]:
    """Refuse keywords that a function does not have, and name the closest that it has.

    >>> @known_keywords
    ... def score(*, profile: str = "official") -> str:
    ...     return profile
    >>> score(profil="lite")
    Traceback (most recent call last):
    vbench.errors.UsageError: There is no keyword named 'profil' of score(). Did you mean profile? Known: profile.
    """
    names = list(signature(function).parameters)

    @wraps(function)
    def checked(*args: P.args, **kwargs: P.kwargs) -> R:
        for name in kwargs:
            if name not in names:
                raise unknown("keyword", name, names, f" of {function.__name__}()")
        return function(*args, **kwargs)

    return checked


@known_keywords
def generate(
    model: str,
    out: str | Path,
    *,
    benchmark: str | None = None,
    suite: str | Path | None = None,
    prompts: Sequence[str] | None = None,
    dimensions: Sequence[str] | None = None,
    category: str | None = None,
    samples: int | None = None,
    static_samples: int | None = None,
    seed: int = 0,
    settings: Mapping[str, Any] | None = None,
    images: str | Path | None = None,
    ratio: str = "",
    texts: Mapping[str, str] | None = None,
    extender: str = "",
    options: Sequence[str] | Mapping[str, object] = (),
    arguments: Sequence[str] = (),
    scheduler: str | Sequence[str] = (),
    loras: Sequence[str] = (),
    components: Sequence[str] = (),
    max_jobs: int | None = None,
    retry_failed: bool = False,
    progress: Progress | None = None,
) -> Sampled:
    """Sample the videos of a prompt suite with a model; what is there already is kept.

    Args:
        model: generator with its techniques and enhancers, such as ``"animatediff+freeinit"`` or
            ``"diffusers:checkpoints/mine"``; see ``vbench generators``. Or a model file, ``"mine.yaml"``.
        out: folder of the videos; made if it is not there, continued if it is.
        benchmark: name, as in ``vbench benchmarks``; its suite and number of samples hold unless others are given.
        suite: name or JSON file of a prompt suite.
        prompts: prompts of your own instead of a suite.
        dimensions: only prompts that test one of these.
        category: the prompts of a content category instead.
        samples: videos a prompt; the benchmark's number by default.
        static_samples: videos a prompt of the dimensions whose videos are filtered.
        seed: base seed, from which each sample's own follows.
        settings: any of frames, height, width, fps, steps, guidance and negative_prompt; the model's own by default.
        images: folder of the pictures to start from, by ratio or named after the prompts; the suite's own by default.
        ratio: of the pictures, such as ``"16-9"``; the nearest to the videos by default.
        texts: prompt -> text that is fed to the model instead.
        extender: who wrote these texts.
        options: of the generator, by name or as ``NAME=VALUE``; see ``vbench generators NAME``. Here and in the next
            four, ``ENHANCER:`` before a text makes it one for an enhancer.
        arguments: of a diffusers pipeline's call, each as ``NAME=VALUE``.
        scheduler: class in diffusers, ``CLASS`` or ``CLASS:NAME=VALUE,...``.
        loras: files, ``FILE`` or ``FILE:WEIGHT``.
        components: where components come from instead, ``NAME=FOLDER`` or ``NAME=OWNER/REPOSITORY``.
        max_jobs: how many jobs may be submitted to a hosted service, which cost.
        retry_failed: whether jobs are submitted anew that failed for good, or may have been paid for without a video.
        progress: told of every video.

    Returns:
        What was made, kept, and could not be made, with the reasons.

    Raises:
        UsageError: unknown names, settings that the model has not, or a folder with samples of something else.
        MissingExtra: a package that the generator needs is not installed.
        CheckpointError: the model's files are missing, damaged or do not fit whole.
    """
    from vbench.benchmarks.registry import benchmark_named
    from vbench.generators.catalog import built, said_of
    from vbench.generators.recipe import read_recipe
    from vbench.sampling.generate import generate as sample
    from vbench.sampling.wanted import wanted_samples, with_images, with_material, without_words

    stated = [f"{name}={value}" for name, value in options.items()] if isinstance(options, Mapping) else list(options)
    stated += [f"max_jobs={max_jobs}"] if max_jobs is not None else []
    stated += ["retry_failed=yes"] if retry_failed else []
    schedulers = [scheduler] if isinstance(scheduler, str) else scheduler
    recipe = read_recipe(model)
    recipe = recipe.then(said_of(recipe.model, stated, arguments, schedulers, loras, components))
    generator = built(recipe)
    given = {name: value for name, value in (settings or {}).items() if value is not None}
    chosen = generator.defaults.with_given(**{**recipe.settings, **given})
    wanted = wanted_samples(
        suite=suite, prompts=prompts, dimensions=dimensions, category=category, samples=samples,
        static_samples=static_samples, seed=seed, benchmark=benchmark,
    )  # fmt: skip
    if not generator.takes_text:
        wanted = without_words(wanted, benchmark_named(wanted.benchmark))
    if generator.takes_pictures:
        size = (chosen.height, chosen.width) if chosen.height and chosen.width else None
        wanted = with_images(wanted, Path(images) if images else None, ratio, size)
    elif images or ratio:
        raise UsageError(
            f"{generator.name} samples nothing that could start from a picture: leave out --images and --ratio here, "
            "and give them to vbench evaluate."
        )
    wanted = with_material(wanted, texts or {}, extender)
    return sample(generator, wanted, chosen, Path(out), progress)


@known_keywords
def tell(
    story: str | Path,
    out: str | Path,
    *,
    shots: str | None = None,
    transitions: str | None = None,
    options: Sequence[str] = (),
    settings: Mapping[str, Any] | None = None,
    seed: int = 0,
    progress: Progress | None = None,
) -> Told:
    """Sample the shots of a story and the transitions between them, and join them to one video.

    Args:
        story: file, YAML or TOML, as :mod:`vbench.sampling.story_file` describes it.
        out: folder of the parts and the video; made if it is not there, continued if it is.
        shots: model of the shots, instead of the file's; LaVie by default.
        transitions: model of the transitions, instead of the file's; SEINE by default.
        options: ``NAME=VALUE`` for both, ``shots:NAME=VALUE`` or ``transitions:NAME=VALUE`` for one.
        settings: any of height, width and fps, for all parts.
        seed: base seed, from which that of each part follows that has none of its own.
        progress: told of every part.

    Returns:
        The video, or which parts could not be made, with the reasons.

    Raises:
        UsageError: a story that cannot be read or told so, or a folder with something else.
        CheckpointError: a model's files are missing, damaged or do not fit whole.
    """
    from vbench.sampling import story as stories
    from vbench.sampling.story_file import read_story

    read = read_story(Path(story), {"shots": shots, "transitions": transitions}, options)
    return stories.tell(read, Path(out), settings or {}, seed, progress)


@known_keywords
def evaluate(
    videos: str | Path,
    *,
    dimensions: Sequence[str] | None = None,
    benchmark: str | None = None,
    suite: str | Path | None = None,
    category: str | None = None,
    prompts: str | Mapping[str, str] | Path | None = None,
    mode: str = "auto",
    special: str = "",
    images: str | Path | None = None,
    ratio: str = "",
    profile: str = "official",
    clip_precision: str = "float32",
    precision: str = "strict",
    options: Mapping[str, Mapping[str, Any]] | None = None,
    extra: Sequence[str] = (),
    output: str | Path | None = None,
    device: str | torch.device = "auto",
    workers: int = 1,
    cluster: str = "",
    memory: int = 512,
    all_pairs: bool = False,
    reencode: bool | None = None,
    scenes: bool = False,
    shard: str = "",
    strict: bool = False,
    progress: Progress | None = None,
) -> Run:
    """Score videos, dimension by dimension; a run that was interrupted is continued.

    Args:
        videos: a video, or the folder of the videos, or the address of one, such as ``"s3://bucket/videos"``.
        dimensions: what judges them; by default all that the mode can judge.
        benchmark: name, as in ``vbench benchmarks``; by default what the folder was sampled for, else ``vbench-t2v``.
        suite: name or JSON file of a prompt suite that the videos answer.
        category: content category whose prompts they answer.
        prompts: for own videos, one prompt for all, prompts by video, or a JSON file of such.
        mode: ``"auto"``, ``"vbench_standard"``, ``"vbench_category"`` or ``"custom_input"``.
        special: what stands between prompt and index in the names of files.
        images: folder of the pictures that the videos start from; the suite's own by default.
        ratio: of the pictures, such as ``"16-9"``; the one that was sampled with, or the nearest to the videos.
        profile: which models judge: ``"official"``, ``"lite"``, or one that a package brings.
        clip_precision: ``"float32"``, or ``"float16"`` as the reference has CLIP on CUDA (official profile).
        precision: ``"strict"``, float32; or ``"fast"``, TF32 on CUDA where it moves no score by more than 1e-4.
        options: settings by dimension that differ from the protocol's.
        extra: dimensions beside those that are named or the default.
        output: folder of the run; by default one under ``vbench-runs`` named after the videos.
        device: ``"auto"``, ``"cpu"``, ``"cuda"``, ``"cuda:1"``, ``"mps"`` or a ``torch.device``.
        workers: processes that score side by side, each with its part of the threads.
        cluster: Ray cluster whose machines score: ``"auto"``, ``"HOST:PORT"`` or ``"ray://HOST:PORT"``; one worker
            a GPU, or without GPUs as many ``workers`` as are asked for.
        memory: MiB of decoded frames to keep per video.
        all_pairs: look at pairs of frames that can no longer change a verdict on motion, too; the scores are the same.
        reencode: where clips are judged, whether their frames are compressed once more as the reference does; by
            default where the profile's scores compare with the reference's.
        scenes: where clips are judged, whether videos are cut at the ends of scenes first.
        shard: which part of the plan to score, such as ``"3/16"`` for the third of sixteen; ``vbench merge`` puts the
            parts together.
        strict: score nothing if a video is damaged or cannot be read.
        progress: told of every score.

    Returns:
        The run; ``run.card.scores`` has the scores, ``run.record.not_evaluated`` why dimensions have none.

    Raises:
        UsageError: unknown names, options that exclude each other, a folder that holds another run, or with ``strict``
            a video that is not sound.
        NothingToScore: no video can be scored by what was asked.

    Example:
        ``run = vbench.evaluate("videos/mine", profile="lite")``
    """
    folders = {benchmark: Path(output) if output else None}
    (run,) = _evaluated(
        located(videos), folders, dimensions=dimensions, suite=suite, category=category, prompts=prompts, mode=mode,
        special=special, images=images, ratio=ratio, profile=profile, clip_precision=clip_precision,
        precision=precision, options=options, extra=extra, device=device, workers=workers, cluster=cluster,
        memory=memory, all_pairs=all_pairs, reencode=reencode, scenes=scenes, shard=shard, strict=strict,
        progress=progress,
    )  # fmt: skip
    return run


def evaluate_together(
    videos: str | Path, benchmarks: Sequence[str], *, output: str | Path | None = None, **how: Any
) -> list[Run]:
    """Score videos by several benchmarks in one go: each video is decoded once, and what two of them want is done once.

    Args:
        videos: a video, or the folder of the videos.
        benchmarks: names, at least two; all must be able to judge these videos.
        output: folder in which each run has one, named after its benchmark; by default each lies where it would alone.
        **how: the other keywords of :func:`evaluate`, which hold for all.

    Returns:
        The runs, in the order of the benchmarks.

    Raises:
        UsageError: see :func:`evaluate`; or a benchmark is named twice, or cannot judge these videos.
        NothingToScore: see there.

    Example:
        ``short, long = vbench.evaluate_together("videos/mine", ["vbench-t2v", "vbench-long"])``
    """
    known = [name for name in signature(evaluate).parameters if name not in ("videos", "benchmark", "output")]
    for name in how:
        if name not in known:
            raise unknown("keyword", name, known, " of evaluate_together()")
    if len(set(benchmarks)) < len(benchmarks):
        raise UsageError(f"Each benchmark is named once; found {', '.join(benchmarks)}.")
    folders = {name: Path(output) / name if output else None for name in benchmarks}
    defaults = {name: one.default for name, one in signature(evaluate).parameters.items() if name in known}
    return _evaluated(located(videos), folders, **{**defaults, **how})


def _evaluated(
    videos: Path, folders: Mapping[str, Path | None] | Mapping[str | None, Path | None], **how: Any
) -> list[Run]:
    """The runs of some benchmarks (``None``: what the videos say) into their folders (``None``: the usual one)."""
    from vbench.runs import evaluate as runs
    from vbench.runs.cluster import connected
    from vbench.runs.run import Run

    asked = []
    videos = videos.absolute() if how["cluster"] else videos  # workers are in no folder of ours
    heard = told_of_fetching(how["progress"].note) if how["progress"] else nullcontext()
    with heard, connected(how["cluster"], how["workers"]) if how["cluster"] else nullcontext() as machines:
        for benchmark, folder in folders.items():
            try:
                asked.append(_asked(videos, benchmark, folder, machines, **how))
            except (UsageError, NothingToScore) as error:
                if len(folders) == 1:
                    raise
                together = ", ".join(str(name) for name in folders)
                raise type(error)(f"{benchmark} cannot judge what {together} are to judge together: {error}") from error
        outcomes = runs.evaluate_together(
            asked, how["progress"], how["memory"] * 2**20, how["workers"],
            may_join=None not in folders.values(), cluster=machines,
        )  # fmt: skip
    return [Run(one.folder, outcome, one.plan) for one, outcome in zip(asked, outcomes, strict=True)]


def _asked(videos: Path, benchmark: str | None, folder: Path | None, machines: Cluster | None, **how: Any) -> Asked:
    """What one run is asked for; see :func:`evaluate` for the keywords."""
    from vbench import device as devices
    from vbench.dimensions.profiles import in_precision, refuse_elsewhere
    from vbench.dimensions.profiles import profile as profile_named
    from vbench.runs.cut import cut
    from vbench.runs.evaluate import Asked
    from vbench.runs.evaluators import Evaluators
    from vbench.runs.make_plan import make_plan
    from vbench.runs.plan import Cutting, default_output, why_nothing
    from vbench.runs.preflight import refuse_unsound
    from vbench.runs.shard import read_shard, shard_of

    prompts, suite, images = how["prompts"], how["suite"], how["images"]
    whole = make_plan(
        videos, how["dimensions"], how["mode"], None if suite is None else str(suite),
        None if isinstance(prompts, Path) else prompts, prompts if isinstance(prompts, Path) else None,
        how["category"], how["extra"], how["special"], benchmark, Path(images) if images else None, how["ratio"],
    )  # fmt: skip
    if not whole.units:
        raise NothingToScore(why_nothing(whole))
    judges = profile_named(in_precision(how["profile"], how["clip_precision"], how["precision"]))
    plan = cut(whole, Cutting(judges.comparable if how["reencode"] is None else how["reencode"], how["scenes"]))
    plan = shard_of(plan, read_shard(how["shard"])) if how["shard"] else plan
    if how["strict"]:
        refuse_unsound(whole, only={task.path for task in plan.tasks})
    device = machines.device(str(how["device"])) if machines else devices.choose(str(how["device"]))
    refuse_elsewhere(judges, device)
    evaluators = Evaluators(judges, device, how["options"] or {}, plan.benchmark, all_pairs=how["all_pairs"])
    return Asked(plan, evaluators, folder or default_output(videos, judges.name, plan.benchmark, plan.shard))


@known_keywords
def compare(
    first: str | Path | Run,
    *others: str | Path | Run,
    benchmark: str | None = None,
    force: bool = False,
    seed: int = 0,
    prompts: int = 5,
) -> list[Comparison]:
    """Compare runs with a first one over the prompts that they share.

    Args:
        first: the yardstick, a run or its folder.
        others: what is compared with it.
        benchmark: whose rules hold; by default the one that the first run says.
        force: compare runs of different kinds too, and say so in ``objections``.
        seed: of the random draws.
        prompts: how many prompts to name whose scores moved most.

    Returns:
        For each other run the changes, dimension by dimension and category by category, with intervals.

    Raises:
        UsageError: a folder holds no run, or two runs are of different kinds or share no prompt.
    """
    from vbench.analysis.comparison import compare_runs, refuse_unshared
    from vbench.benchmarks.registry import benchmark_named
    from vbench.runs.run import Run

    folders = [run.folder if isinstance(run, Run) else Path(run) for run in (first, *others)]
    compared = compare_runs(folders, force, seed, prompts, benchmark_named(benchmark) if benchmark else None)
    refuse_unshared(folders, compared)
    return compared


@known_keywords
def distance(
    real: str | Path | None,
    generated: str | Path,
    *,
    metric: str = "fvd",
    protocol: str | None = None,
    settings: Mapping[str, Any] | None = None,
    features: str | Path | None = None,
    draws: int = 100,
    device: str | torch.device = "auto",
    workers: int = 1,
    progress: Progress | None = None,
) -> Distance:
    """Compare a set of generated videos with a set of real ones; what was looked at before is not looked at again.

    Args:
        real: folder of the real videos, its address, or a reference file; ``None`` for an Inception Score.
        generated: folder of the generated videos, or its address.
        metric: ``"fvd"``, ``"kvd"``, ``"fid"``, ``"kid"``, ``"is"``, ``"isv"``, ``"gaussian-mmd"`` or
            ``"quadratic-mmd"``.
        protocol: ``"latte-fvd2048-16f"``, ``"stylegan-v"``, ``"cd-fvd"``, ``"free"`` or ``"lite"``; by default that of
            the reference file, else ``"free"``.
        settings: of the protocol, where they shall differ, such as ``{"stride_real": 6}``.
        features: folder of the store of features; by default ``vbench-runs/features``.
        draws: halves of the videos that are drawn for the interval; 0 for none.
        device: ``"auto"``, ``"cpu"``, ``"cuda"``, ``"cuda:1"``, ``"mps"`` or a ``torch.device``.
        workers: processes that look at videos side by side; no figure depends on it.
        progress: told of every video.

    Returns:
        The figure with its interval, its protocol, what both sides were, and what a reader should know.

    Raises:
        UsageError: unknown names, or sets that cannot be compared so; with the reason.
        NothingToScore: a folder has no video that can be used.
        CheckpointError: the network's file is missing, damaged, unsafe or does not fit.
    """
    from vbench import device as devices
    from vbench.distances.distance import FEATURES, Bench, comparison, measure, protocol_for
    from vbench.distances.metrics import metric_named
    from vbench.media.apart import one_process
    from vbench.progress import Progress

    side = None if real is None else located(real)
    store = Path(features) if features else FEATURES
    bench = Bench(store, devices.choose(str(device)), progress or Progress(), workers, draws)
    how = protocol_for(side, protocol, settings or {})
    with one_process():
        return measure(comparison(metric_named(metric), how, side, located(generated)), bench)
