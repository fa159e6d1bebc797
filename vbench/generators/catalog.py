"""Generators, techniques and enhancers by name, and how they compose: ``animatediff+freeinit+freeu``.

A name is ``GENERATOR[:ARGUMENT]`` and any number of ``+PART``: a technique changes how the model samples, an enhancer
works on its clips, in the order in which they stand.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

from vbench.errors import UsageError, VBenchError
from vbench.generators.base import TECHNIQUES, Delivery, Enhancer, Generator, Request, Settings
from vbench.generators.diffusers.presets import ENHANCER_PRESETS, PRESETS
from vbench.generators.options import Options, read_options
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
            ("videocrafter1", "videocrafter1-1024", "videocrafter2"),
            "vbench.generators.models.videocrafter.generator:VideoCrafter",
        ),
        "diffusers": DIFFUSERS,
        **dict.fromkeys(PRESETS, DIFFUSERS),
        "lavie": "vbench.generators.models.lavie.generator:LaVie",
        "seine": "vbench.generators.models.seine.generator:SEINEGenerator",
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

ELSEWHERE = {"show-1": "Show-1"}
"""Systems of the field that have no adapter of their own here -> their titles."""


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
    """The generator of that name, with its techniques and enhancers; no weights are loaded yet.

    Args:
        text: as :func:`parse` takes it.
        options: ``NAME=VALUE`` for the generator.

    Raises:
        UsageError: no such name or option, or parts that do not go together; the message says what would.
        MissingExtra: a package that it needs is not installed.
    """
    wanted = parse(text)
    kind = GENERATORS.get(wanted.generator)
    generator: Generator[Any] = kind(text, wanted.argument, read_options(kind.options_type, options, wanted.generator))
    if wanted.techniques:
        generator.use(wanted.techniques)
    if wanted.enhancers:
        return Enhanced(generator, [ENHANCERS.get(name)(name, argument) for name, argument in wanted.enhancers])
    return generator


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
        return {**self.generator.provenance, "enhancers": {one.name: one.provenance for one in self.enhancers}}

    def prepare(self, requests: Sequence[Request]) -> None:
        """See :meth:`Generator.prepare`; each enhancer is told what the one before it gives."""
        self.generator.prepare(requests)
        for sampled in {request.settings for request in requests}:
            settings = sampled
            for enhancer in self.enhancers:
                settings = enhancer.prepare(self.generator, settings)

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
                yield Delivery(delivery.request, self._enhanced(as_clip(delivery.video), delivery.request))
            except VBenchError as error:
                yield Delivery(delivery.request, None, str(error))
            except Exception as error:  # as in Generator.sample_all
                yield Delivery(delivery.request, None, f"{type(error).__name__}: {error}")

    def _enhanced(self, clip: Clip, request: Request) -> Clip:
        for enhancer in self.enhancers:
            clip = enhancer.enhance(clip, request)
        return clip


def _is_part(text: str) -> bool:
    return text in TECHNIQUES or text.partition(":")[0] in ENHANCERS.names()


def _refuse_elsewhere(name: str) -> None:
    if name in ELSEWHERE:
        raise UsageError(
            f"{ELSEWHERE[name]} has no adapter here. Sample it in its own environment with --model command:PROGRAM, "
            "or bring its videos with --model directory:FOLDER."
        )


def _refuse_part(name: str, text: str) -> NoReturn:
    _refuse_elsewhere(name)
    known = [*TECHNIQUES, *ENHANCERS.names()]
    raise UsageError(
        f"{name!r} in {text!r} is neither a technique ({', '.join(TECHNIQUES)}) nor an enhancer "
        f"({', '.join(ENHANCERS.names())}).{did_you_mean(name, known)}"
    )
