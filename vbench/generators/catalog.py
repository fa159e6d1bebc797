"""Generators, techniques and enhancers by name, and how they compose: ``animatediff+freeinit+freeu``.

A name is ``GENERATOR[:ARGUMENT]`` and any number of ``+PART``: a technique changes how the model samples, an enhancer
works on its clips, in the order in which they stand.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from inspect import signature
from pathlib import Path
from typing import Any, NoReturn

from vbench.errors import UsageError, VBenchError
from vbench.generators.base import TECHNIQUES, Delivery, Enhancer, Generator, Request, Settings, made_by
from vbench.generators.changes import read_changes
from vbench.generators.diffusers.presets import ENHANCER_PRESETS, PRESETS
from vbench.generators.options import Options, read_options
from vbench.generators.recipe import Recipe, Said, read_recipe
from vbench.media.clip import Clip
from vbench.media.encode import as_clip
from vbench.registry import Registry, did_you_mean

DIFFUSERS = "vbench.generators.diffusers.pipeline:DiffusersGenerator"

GENERATORS: Registry[type[Generator[Any]]] = Registry(
    "generator",
    {
        "synthetic": "vbench.generators.synthetic.generator:Synthetic",
        "directory": "vbench.generators.external.directory:Directory",
        "command": "vbench.generators.external.command:Command",
        "http": "vbench.generators.external.http:Http",
        **dict.fromkeys(
            ("videocrafter-0.9", "videocrafter1", "videocrafter1-1024", "videocrafter1-i2v", "videocrafter2"),
            "vbench.generators.models.videocrafter.generator:VideoCrafter",
        ),
        "t2v-turbo": "vbench.generators.models.t2v_turbo.generator:T2VTurbo",
        "t2v-turbo-v2": "vbench.generators.models.t2v_turbo.generator:T2VTurboV2",
        "open-sora-1.0": "vbench.generators.models.open_sora.early_generator:EarlyOpenSora",
        **dict.fromkeys(
            ("open-sora-1.1", "open-sora-1.1@vbench"),
            "vbench.generators.models.open_sora.early_generator:SecondOpenSora",
        ),
        **dict.fromkeys(
            ("open-sora-1.2", "open-sora-1.2@vbench"), "vbench.generators.models.open_sora.generator:OpenSora"
        ),
        "show-1": "vbench.generators.models.show_one.generator:ShowOneGenerator",
        "diffusers": DIFFUSERS,
        **dict.fromkeys(PRESETS, DIFFUSERS),
        **dict.fromkeys(("lavie", "lavie@vbench"), "vbench.generators.models.lavie.generator:LaVie"),
        **dict.fromkeys(("seine", "seine@vbench"), "vbench.generators.models.seine.generator:SEINEGenerator"),
        "videobooth": "vbench.generators.models.videobooth.generator:VideoBoothGenerator",
        "vchitect-2": "vbench.generators.models.vchitect.generator:Vchitect",
    },
    "vbench.generators",
    "vbench.generators.base:Generator",
)
"""Who samples."""

ENHANCERS: Registry[type[Enhancer]] = Registry(
    "enhancer",
    {
        **dict.fromkeys(ENHANCER_PRESETS, "vbench.generators.diffusers.enhancer:DiffusersEnhancer"),
        "interpolation": "vbench.generators.models.lavie.generator:LaVieInterpolation",
        "vsr": "vbench.generators.models.lavie.generator:LaVieSuperResolution",
        "venhancer": "vbench.generators.models.venhancer.enhancer:VEnhancer",
    },
    "vbench.enhancers",
    "vbench.generators.base:Enhancer",
)
"""Who works on a clip afterwards."""

ELSEWHERE = {
    "open-sora-1.3": "Open-Sora 1.3",
    "open-sora-2.0": "Open-Sora 2.0",
    "open-sora-plan": "Open-Sora-Plan",
    "t2v-turbo-ms": "T2V-Turbo over ModelScope",
}
"""Systems of the field that have no adapter of their own here -> their titles."""

CLOSED = {
    "dream-machine": "Luma", "emu-video": "Emu Video", "emuvideo": "Emu Video", "gen-2": "Gen-2", "gen-3": "Gen-3",
    "gen-4": "Gen-4", "hailuo": "Hailuo", "jimeng": "Jimeng", "kling": "Kling", "luma": "Luma", "lumiere": "Lumiere",
    "minimax": "MiniMax", "pika": "Pika", "runway": "Runway", "seedance": "Seedance", "sora": "Sora", "veo": "Veo",
    "vidu": "Vidu",
}  # fmt: skip
"""Models whose files nobody has but their makers -> their titles."""


@dataclass(frozen=True)
class Composition:
    """A name taken apart.

    Attributes:
        generator: name in :data:`GENERATORS`.
        argument: what stands behind its colon.
        techniques: names in :data:`TECHNIQUES`.
        enhancers: ``(name, argument)`` with names in :data:`ENHANCERS`, in the order of work.
    """

    generator: str
    argument: str
    techniques: tuple[str, ...] = ()
    enhancers: tuple[tuple[str, str], ...] = ()


def parse(text: str) -> Composition:
    """Take a name apart.

    An argument may hold a plus sign: only known parts at the end are taken for parts.

    Raises:
        UsageError: a generator or part that is not there; the message says what is, or how to sample it otherwise.
    """
    rest, parts = text, list[str]()
    while "+" in rest and (":" not in rest.split("+")[0] or _is_part(rest.rpartition("+")[2])):
        rest, _, part = rest.rpartition("+")
        parts.insert(0, part)
    name, _, argument = rest.partition(":")
    _refuse_elsewhere(name)
    generator = GENERATORS.known(name)
    techniques, enhancers = [], []
    for part in parts:
        part_name, _, part_argument = part.partition(":")
        if part in TECHNIQUES:
            techniques.append(part)
        elif part_name in ENHANCERS.names():
            enhancers.append((part_name, part_argument))
        else:
            _refuse_part(part_name, text)
    repeated = {part for part in parts if parts.count(part) > 1}
    if repeated:
        raise UsageError(f"{text!r} names {', '.join(sorted(repeated))} twice; once is enough.")
    return Composition(generator, argument, tuple(techniques), tuple(enhancers))


def build(text: str, options: Sequence[str] = ()) -> Generator[Any]:
    """The generator of that name or model file, with its techniques and enhancers; no weights are loaded yet.

    Args:
        text: as :func:`parse` takes it, or a file as :mod:`~vbench.generators.recipe` describes it.
        options: ``NAME=VALUE`` for the generator.

    Raises:
        UsageError: no such name or option, or parts that do not go together; the message says what would.
        MissingExtra: a package that it needs is not installed.
    """
    return built(read_recipe(text).then({"": Said(tuple(options))}))


def built(recipe: Recipe) -> Generator[Any]:
    """The generator of a recipe; raises as :func:`build`."""
    wanted = parse(recipe.model)
    kind, said = GENERATORS.get(wanted.generator), recipe.of("")
    options = read_options(kind.options_type, said.options, wanted.generator)
    generator: Generator[Any] = kind(recipe.model, wanted.argument, options)
    if wanted.techniques:
        generator.use(wanted.techniques)
    if said.changes:
        generator.change(said.changes)
    for name in recipe.said:
        if name and name not in dict(wanted.enhancers):
            raise UsageError(f"{name!r} is no enhancer of {recipe.model}; to use it: {recipe.model}+{name}")
    if wanted.enhancers:
        generator = Enhanced(generator, [_enhancer(name, argument, recipe) for name, argument in wanted.enhancers])
    generator.model_file = recipe.file
    return generator


def _enhancer(name: str, argument: str, recipe: Recipe) -> Enhancer:
    said = recipe.of(name)
    kind: Any = ENHANCERS.get(name)
    if said.options and "options" not in signature(kind).parameters:
        raise UsageError(f"{name} has no options, found {', '.join(said.options)}.")
    enhancer: Enhancer = kind(name, argument, said.options) if said.options else kind(name, argument)
    if said.changes:
        enhancer.change(said.changes)
    return enhancer


def said_of(
    model: str,
    options: Sequence[str] = (),
    arguments: Sequence[str] = (),
    schedulers: Sequence[str] = (),
    loras: Sequence[str] = (),
    components: Sequence[str] = (),
) -> dict[str, Said]:
    """What a command line says of a model's parts: ``ENHANCER:TEXT`` of an enhancer, ``TEXT`` of the generator.

    Args:
        model: a name with its enhancers.
        options: ``NAME=VALUE``.
        arguments: ``NAME=VALUE``; this and what follows as :func:`~vbench.generators.changes.read_changes` takes it.
        schedulers: of each part one at most.
        loras: files.
        components: ``NAME=PLACE``.

    Returns:
        ``""`` for the generator or the enhancer's name -> what is said of it.

    Raises:
        UsageError: a text has another form, or a part is given two schedulers.
    """
    enhancers = dict(parse(model).enhancers)

    def of(part: str, texts: Sequence[str]) -> list[str]:
        named = [(text.partition(":")[0] if text.partition(":")[0] in enhancers else "", text) for text in texts]
        return [text.removeprefix(f"{name}:") if name else text for name, text in named if name == part]

    said = {}
    for part in ("", *enhancers):
        of_part = of(part, schedulers)
        if len(of_part) > 1:
            raise UsageError(f"A pipeline has one scheduler, found {' and '.join(of_part)}.")
        changes = read_changes(of(part, arguments), "".join(of_part), of(part, loras), of(part, components))
        said[part] = Said(tuple(of(part, options)), changes)
    return said


class Enhanced(Generator[Options]):
    """A generator whose clips go through enhancers.

    Args:
        generator: who samples.
        enhancers: who works on the clips, in this order.
    """

    def __init__(self, generator: Generator[Any], enhancers: Sequence[Enhancer]) -> None:
        super().__init__(generator.name, generator.argument, generator.options)
        self.generator, self.enhancers = generator, enhancers

    @property
    def defaults(self) -> Settings:
        """The generator's: settings are about sampling."""
        return self.generator.defaults

    @property
    def seeded(self) -> bool:  # type: ignore[override]
        """As the generator is."""
        return self.generator.seeded

    @property
    def takes_pictures(self) -> bool:  # type: ignore[override]
        """As the generator does."""
        return self.generator.takes_pictures

    @property
    def given_frames(self) -> tuple[int, int]:
        """The generator's."""
        return self.generator.given_frames

    def starts_from(self, request: Request) -> Sequence[Path]:
        """The generator's."""
        return self.generator.starts_from(request)

    @property
    def takes_text(self) -> bool:
        """As the generator does."""
        return self.generator.takes_text

    @property
    def batch_size(self) -> int:
        """The generator's."""
        return self.generator.batch_size

    @property
    def provenance(self) -> dict[str, Any]:
        """The generator's, and the enhancers' by name."""
        return {**made_by(self.generator), "enhancers": {one.name: made_by(one) for one in self.enhancers}}

    def prepare(self, requests: Sequence[Request]) -> None:
        """See :meth:`Generator.prepare`; each enhancer is told what the one before it gives."""
        self.generator.prepare(requests)
        for sampled in {request.settings for request in requests}:
            settings = sampled
            for enhancer in self.enhancers:
                settings = enhancer.prepare(self.generator, settings)

    def delivers(self, asked: Settings) -> Settings:
        """Anything: enhancers change frames, size and rate."""
        return Settings()

    @property
    def checkpoints(self) -> Sequence[str]:
        """The generator's and the enhancers'."""
        return list(
            dict.fromkeys([*self.generator.checkpoints, *(name for e in self.enhancers for name in e.checkpoints)])
        )

    def load(self) -> None:
        """See :meth:`Generator.load`."""
        self.generator.load()
        for enhancer in self.enhancers:
            enhancer.load()

    def sample_all(self, requests: Sequence[Request]) -> Iterator[Delivery]:
        """See :meth:`Generator.sample_all`; a clip that cannot be enhanced is a failure."""
        for delivery in self.generator.sample_all(requests):
            if delivery.video is None:
                yield delivery
                continue
            try:
                clip = self._enhanced(as_clip(delivery.video), delivery.request)
                yield replace(delivery, video=clip)
            except VBenchError as error:
                yield Delivery(delivery.request, None, str(error))
            except Exception as error:  # as in Generator.sample_all
                yield Delivery(delivery.request, None, f"{type(error).__name__}: {error}")

    def _enhanced(self, clip: Clip, request: Request) -> Clip:
        """What the enhancers make of it; what is known of it, and of what they did, stays known."""
        for enhancer in self.enhancers:
            better = enhancer.enhance(clip, request)
            facts = {**(clip.facts or {}), **(better.facts or {})}
            clip = replace(better, facts=facts or None)
        return clip


def _is_part(text: str) -> bool:
    return text in TECHNIQUES or text.partition(":")[0] in ENHANCERS.names()


def _refuse_elsewhere(name: str) -> None:
    if name in ELSEWHERE:
        raise UsageError(
            f"{ELSEWHERE[name]} has no adapter here. Sample it in its own environment with --model command:PROGRAM, "
            "or bring its videos with --model directory:FOLDER."
        )
    known = next((one for one in CLOSED if re.fullmatch(rf"{re.escape(one)}[-.\d]*", name.lower())), None)
    if known and name not in GENERATORS.names():
        raise UsageError(
            f"{CLOSED[known]} is closed: its files are not published. Bring its videos with --model directory:FOLDER "
            "(named PROMPT-INDEX.mp4, or --option table=FILE.csv), or sample it through a service with "
            "--model http:SERVICE.toml. See docs/generate.md."
        )


def _refuse_part(name: str, text: str) -> NoReturn:
    _refuse_elsewhere(name)
    known = [*TECHNIQUES, *ENHANCERS.names()]
    raise UsageError(
        f"{name!r} in {text!r} is neither a technique ({', '.join(TECHNIQUES)}) nor an enhancer "
        f"({', '.join(ENHANCERS.names())}).{did_you_mean(name, known)}"
    )
