"""``vbench evaluate``: from videos to a score card."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vbench.cli.benchmarks import Named
from vbench.cli.card import card_json, print_card, print_json
from vbench.cli.located import path_or_address
from vbench.cli.plain_help import PlainHelp
from vbench.cli.progress import ProgressStyle, progress_of
from vbench.errors import UsageError

if TYPE_CHECKING:
    from vbench.runs.row_writer import Outcome
    from vbench.runs.run import Run

SHOWN = 5
"""Damaged videos that are named, at most."""

BY_METRIC = "imaging_quality_by_metric"


class ReferenceFlags(PlainHelp):
    """Reads ``--dimension a b`` (several values after one option), as the reference's command line takes it."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Repeat the option before each further value, then parse as usual."""
        return super().parse_args(ctx, spread(args))


def spread(args: Sequence[str]) -> list[str]:
    """Turn ``--dimension a b`` into ``--dimension a --dimension b``.

    Only names of dimensions are taken for further values, so that a path after them stays what it is.

    >>> spread(["--dimension", "scene", "color", "videos"])
    ['--dimension', 'scene', '--dimension', 'color', 'videos']
    """
    from vbench.benchmarks.registry import DIMENSIONS, specs_of

    known = {*specs_of(), *DIMENSIONS.names()}

    spread_out: list[str] = []
    collecting = False
    for arg in args:
        if arg in ("--dimension", "-d"):
            collecting = True
            spread_out.append(arg)
        elif collecting and spread_out[-1] not in ("--dimension", "-d") and arg in known:
            spread_out += ["--dimension", arg]
        else:
            collecting = collecting and spread_out[-1] in ("--dimension", "-d")
            spread_out.append(arg)
    return spread_out


def evaluate(
    videos: Annotated[
        Path | None,
        typer.Argument(
            parser=path_or_address,
            help="A video, or the folder of the videos, or the address of one.",
            show_default=False,
        ),
    ] = None,
    dimension: Annotated[
        list[str] | None,
        typer.Option(
            "--dimension", "-d", help="What to evaluate; by default all that the mode can judge.", show_default=False
        ),
    ] = None,
    profile: Annotated[
        str, typer.Option(help="official: the reference's models. lite: a proxy without any download.")
    ] = "official",
    suite: Annotated[
        str | None,
        typer.Option(
            "--suite",
            "--full_json_dir",
            "--full-json-dir",
            help="open, mini, vbench-t2v or a JSON file; switches to the standard mode.",
        ),
    ] = None,
    benchmark: Named = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            "--output_path",
            "--output-path",
            help="Folder of the run; the default is named after the videos.",
        ),
    ] = None,
    mode: Annotated[
        str, typer.Option(help="vbench_standard, vbench_category or custom_input; auto goes by the other options.")
    ] = "auto",
    prompt: Annotated[str | None, typer.Option(help="One prompt for all videos (custom mode).")] = None,
    prompt_file: Annotated[
        Path | None,
        typer.Option("--prompt-file", "--prompt_file", help='Prompts by video: {"video.mp4": "prompt"} (custom mode).'),
    ] = None,
    category: Annotated[str | None, typer.Option(help="Content category, such as animal (category mode).")] = None,
    special: Annotated[
        str, typer.Option("--special-str", "--special_str", help="What stands between prompt and index in the names.")
    ] = "",
    images: Annotated[
        Path | None,
        typer.Option(
            "--images",
            "--custom_image_folder",
            "--custom-image-folder",
            help="Folder of the pictures that the videos start from, by ratio or named after the prompts.",
            show_default="the suite's own",
        ),
    ] = None,
    ratio: Annotated[
        str, typer.Option(help="Of the pictures, such as 16-9.", show_default="as sampled, or the nearest")
    ] = "",
    device: Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:1, mps")] = "auto",
    workers: Annotated[
        int, typer.Option("--workers", "--ngpus", min=1, help="Processes; with several GPUs each takes one.")
    ] = 1,
    cluster: Annotated[
        str,
        typer.Option(
            help="Ray cluster whose machines score: auto, HOST:PORT or ray://HOST:PORT. All of its GPUs, or so many "
            "--workers.",
            show_default=False,
        ),
    ] = "",
    memory: Annotated[int, typer.Option(min=0, help="MiB of decoded frames to keep per video.")] = 512,
    all_pairs: Annotated[
        bool,
        typer.Option(
            "--all-pairs",
            help="dynamic_degree, static filter: also look at pairs of frames that can no longer change the verdict.",
        ),
    ] = False,
    reencode: Annotated[
        bool | None,
        typer.Option(
            "--reencode/--no-reencode",
            help="vbench-long: compress clips once more, as the reference does; on in the official profile.",
            show_default=False,
        ),
    ] = None,
    scenes: Annotated[
        bool,
        typer.Option(
            "--scenes", "--use_semantic_splitting", help="vbench-long: cut at the ends of scenes, then into clips."
        ),
    ] = False,
    shard: Annotated[
        str,
        typer.Option(
            help="Score one part of the videos, such as 3/16 for the third of sixteen; then vbench merge.",
            show_default=False,
        ),
    ] = "",
    imaging_preprocessing: Annotated[
        str,
        typer.Option(
            "--imaging-preprocessing",
            "--imaging_quality_preprocessing_mode",
            help="imaging_quality: longer, shorter, shorter_centercrop or None; the leaderboard uses longer.",
        ),
    ] = "longer",
    imaging_metric: Annotated[
        str,
        typer.Option(
            "--imaging-metric",
            help="Also rate the frames by this no-reference measure of pyiqa, on its own scale; never ranked.",
            show_default=False,
        ),
    ] = "",
    clip_precision: Annotated[
        str, typer.Option(help="float32, or float16: CLIP as the reference has it on CUDA (official profile).")
    ] = "float32",
    precision: Annotated[
        str,
        typer.Option(help="strict: float32. fast: TF32 on CUDA where it moves no score by more than 1e-4 (official)."),
    ] = "strict",
    strict: Annotated[
        bool, typer.Option(help="Score nothing if a video is damaged or cannot be read (vbench check lists them).")
    ] = False,
    partial: Annotated[
        bool, typer.Option(help="Show the parts, such as Quality, over the dimensions that are there.")
    ] = False,
    json_output: Annotated[bool, typer.Option("--json", help="Print the score card as JSON.")] = False,
    progress: Annotated[
        ProgressStyle, typer.Option(help="How to show progress, on standard error.")
    ] = ProgressStyle.auto,
    videos_path: Annotated[
        Path | None, typer.Option("--videos_path", "--videos-path", parser=path_or_address, hidden=True)
    ] = None,
    load_ckpt_from_local: Annotated[str | None, typer.Option("--load_ckpt_from_local", hidden=True)] = None,
    read_frame: Annotated[str | None, typer.Option("--read_frame", hidden=True)] = None,
) -> None:
    """Score videos, dimension by dimension; continues where an earlier call stopped.

    The same command continues a run that was interrupted.

    Of prompts with more samples than are judged, such as the 25 of temporal_flickering, the static filter takes the
    first that stand still.

    Exit status: 0 everything is scored, 1 some videos or dimensions are not, or videos of the suite are missing,
    2 wrong call, 3 nothing could be scored.

    Examples:
      vbench evaluate videos/ --profile lite
      vbench evaluate videos/ --suite vbench-t2v --output runs/my-model
      vbench evaluate videos/ --benchmark vbench-long --output runs/my-model-long
      vbench evaluate videos/ --benchmark vbench-t2v,vbench-long --output runs/both
      vbench evaluate clip.mp4 -d subject_consistency -d motion_smoothness --json
      vbench evaluate videos/ --suite vbench-t2v --shard 3/16 -o runs/mine-3
      vbench evaluate videos/ --suite vbench-t2v --cluster auto -o runs/mine
      vbench evaluate s3://bucket/videos --suite vbench-t2v -o runs/mine
    """
    where = videos or videos_path
    if where is None:
        raise UsageError("Name the folder of the videos: vbench evaluate VIDEOS. More: vbench evaluate --help")
    if load_ckpt_from_local or read_frame:
        typer.echo(
            "--load_ckpt_from_local and --read_frame have no effect: checkpoints are always local, frames exact.",
            err=True,
        )
    from vbench import interface
    from vbench.analysis.statistics import intervals
    from vbench.compat.result_files import result_files, write_results
    from vbench.compat.vbench_class import options_from
    from vbench.dimensions.backbones.pyiqa_metric import known_measure
    from vbench.files import ours

    if prompt and prompt_file:
        raise UsageError("--prompt and --prompt-file exclude each other.")
    options = options_from({"imaging_quality_preprocessing_mode": imaging_preprocessing})
    if imaging_metric:
        options[BY_METRIC] = {"metric": known_measure(imaging_metric)}
    benchmarks = benchmark.split(",") if benchmark else []
    several = len(benchmarks) > 1
    if output:
        for folder in [output / name for name in benchmarks] if several else [output]:
            ours.refuse_foreign(*result_files(folder, "results"))
    judge: Any = interface.evaluate_together if several else interface.evaluate
    named: dict[str, Any] = {"benchmarks": benchmarks} if several else {"benchmark": benchmark}
    judged = judge(
        where, dimensions=dimension, suite=suite, category=category, prompts=prompt_file or prompt,
        mode=mode, special=special, images=images, ratio=ratio, profile=profile, clip_precision=clip_precision,
        precision=precision, options=options, extra=[BY_METRIC] if imaging_metric else (), output=output,
        device=device, workers=workers, cluster=cluster, memory=memory, all_pairs=all_pairs, reencode=reencode,
        scenes=scenes, shard=shard, strict=strict, progress=progress_of(progress), **named,
    )  # fmt: skip
    found, statuses = [], []
    for run in judged if several else [judged]:
        assert run.plan
        assert run.outcome
        card, used = write_results(run.folder, "results", run.plan), run.record.options
        widths = intervals(run.rows(), benchmark=card.benchmark)
        _remark(run, where)
        if json_output:
            found.append({"run": str(run.folder), **card_json(card, run.record.profile, partial, used, widths)})
        else:
            print_card(card, run.record.profile, partial, used, widths)
            typer.echo(f"Run: {run.folder}\nRead it again: vbench score {run.folder}")
            typer.echo(f"With curves:   vbench report {run.folder}")
            if run.plan.shard:
                typer.echo(f"Shard {run.plan.shard}. With all of them: vbench merge RUN... -o FOLDER")
        asked = run.plan.dimensions
        whole = all(card.dimensions[name].is_whole for name in asked if name in card.dimensions)
        if run.plan.shard:
            whole = not any(run.plan.absent.values())  # the others' scores are not here, and nobody misses them
        statuses.append(exit_status(run.outcome, explicit=bool(dimension), whole=whole))
    if json_output:
        print_json({"runs": found} if several else found[0])
    raise typer.Exit(max(statuses))


def _remark(run: Run, videos: Path) -> None:
    """On standard error: videos that are damaged and scored all the same, and files that nobody looked at."""
    from vbench.runs.discover import discover
    from vbench.runs.score_video import DAMAGE

    damaged = {row.video: row.details[DAMAGE] for row in run.rows() if DAMAGE in row.details}
    for video, damage in list(damaged.items())[:SHOWN]:
        typer.echo(f"damaged, scored as it decodes: {video}: {damage}", err=True)
    if len(damaged) > SHOWN:
        typer.echo(f"... and {len(damaged) - SHOWN} more. All: vbench check {videos}", err=True)
    missed = sum(one.is_media for one in discover(videos).not_read)
    if missed:
        typer.echo(f"videos or pictures that are not read: {missed}. Why: vbench check {videos}", err=True)


def exit_status(outcome: Outcome, explicit: bool, whole: bool = True) -> int:
    """0 all scored, 1 some not, 3 nothing.

    Args:
        outcome: how the run ended.
        explicit: whether the dimensions were named; one without a backbone in the profile counts only then.
        whole: whether every score that the suite wants is there.
    """
    from vbench.runs.evaluators import NO_BACKBONE

    if not outcome.scored:
        return 3
    not_evaluated = [why for why in outcome.not_evaluated.values() if explicit or NO_BACKBONE not in why]
    return 1 if outcome.failures or not_evaluated or not whole else 0
