"""The dimensions of a run with the backbones that play their roles, loaded when needed and let go after."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from vbench.arithmetic import strictly
from vbench.benchmarks.base import Benchmark, DimensionSpec
from vbench.benchmarks.registry import implementation, spec_of, specs_of
from vbench.benchmarks.t2v import FILTER_VERSION, T2V
from vbench.dimensions.backbones.base import FlowEstimator
from vbench.dimensions.profiles import BACKBONES, Profile, profile, refuse_elsewhere
from vbench.dimensions.static_filter import OfStaticVideos, StaticFilter, StaticVerdict
from vbench.errors import MissingCheckpoint, MissingExtra, PluginError, UsageError
from vbench.files.digest import content_of
from vbench.runs.room import with_room
from vbench.weights import cards

if TYPE_CHECKING:
    import torch

    from vbench.dimensions.backbones.base import Backbone
    from vbench.dimensions.base import Dimension, VideoScore
    from vbench.media.video import Video
    from vbench.prompts.suite import Prompt

NO_BACKBONE = "has no backbone for it"

FLOW = "flow"
"""The role that the static filter needs."""

Options = Mapping[str, Mapping[str, Any]]
"""Settings by dimension, handed to its constructor; only those that differ from the defaults."""


@dataclass
class Evaluators:
    """Whoever looks at the videos.

    Attributes:
        profile: which backbone plays which role.
        device: where the backbones compute.
        options: settings by dimension.
        benchmark: whose dimensions they are.
        filtered: dimensions that judge static videos only.
        all_pairs: whether verdicts on motion look at pairs of frames that can no longer change them; no score does.
        others: whoever looks for further runs that go together with this one; all share what is loaded.
    """

    profile: Profile
    device: torch.device
    options: Options = field(default_factory=dict)
    benchmark: Benchmark = T2V
    filtered: tuple[str, ...] = ()
    all_pairs: bool = False
    others: tuple[Evaluators, ...] = ()

    def __post_init__(self) -> None:
        self._dimensions: dict[str, Dimension] = {}
        self._backbones: dict[str, Backbone] = {}

    def of(self, run: int) -> Evaluators:
        """Whoever looks for one of the runs that go together, of which this one's own is number 0."""
        if not run:
            return self
        other = self.others[run - 1]
        other.device, other._backbones = self.device, self._backbones
        return other

    def spec(self, name: str) -> DimensionSpec:
        """What is known of a dimension."""
        return spec_of(name, self.benchmark)

    def implementation(self, name: str) -> type[Dimension]:
        """The class of a dimension, imported now.

        Raises:
            MissingExtra: a package that it needs is not installed.
            PluginError: another package brings it, and it is broken.
        """
        return implementation(self.spec(name))

    def roles(self, name: str) -> dict[str, str]:
        """Role -> backbone for one dimension, as far as the profile has them."""
        return {role: self.profile.roles[role] for role in self._wanted(name) if role in self.profile.roles}

    def _wanted(self, name: str) -> set[str]:
        """The roles that a dimension needs, that of the static filter among them where it judges static videos only."""
        return {*self.implementation(name).roles, *([FLOW] if name in self.filtered else [])}

    def obstacle(self, name: str) -> str:
        """Why a dimension cannot be evaluated, ``""`` if nothing is known to be in the way; loads no weights."""
        try:
            if len(self.roles(name)) < len(self._wanted(name)):
                officially = self._wanted(name) <= profile("official").roles.keys() and not self.profile.comparable
                elsewhere = "; official has: vbench weights download -d DIMENSION" if officially else ""
                return f"the {self.profile.name} profile {NO_BACKBONE}{elsewhere}"
            for checkpoint in self.checkpoints(name):
                cards.locate(checkpoint)
        except (MissingCheckpoint, MissingExtra, PluginError, UsageError) as error:
            return str(error)
        both = self.spec(name).slow_fast  # made of two scores, it needs both
        return self.obstacle(both.clip_to_clip) if both and both.clip_to_clip_weight else ""

    def checkpoints(self, name: str) -> list[str]:
        """Names of the checkpoints that a dimension reads, sorted."""
        backbones = set(self.roles(name).values())
        return sorted({file for backbone in backbones for file in BACKBONES.get(backbone).checkpoints})

    def signature(self, name: str) -> dict[str, Any]:
        """Everything about a dimension that can change its value, as JSON types."""
        filtered = {"static_filter": FILTER_VERSION} if name in self.filtered else {}
        looked_at = {"picture": True} if self.spec(name).needs_picture else {}
        return {
            **filtered,
            **looked_at,
            "dimension": [name, self.spec(name).version],
            "backbones": self.roles(name),
            "checkpoints": {file: content_of(cards.locate(file)) for file in self.checkpoints(name)},
            "options": dict(self.options.get(name, {})),
            "device": self.device.type,
        }

    def identities(self, names: Collection[str]) -> list[dict[str, Any]]:
        """What each of the runs that go together judges with: alike wherever scores are to be the same.

        Args:
            names: of the dimensions that are asked about.

        Returns:
            Of each run dimension -> its :meth:`signature`, or in words what is in its way.
        """
        runs = [self.of(number) for number in range(1 + len(self.others))]
        known = [sorted(specs_of(one.benchmark).keys() & set(names)) for one in runs]
        return [
            {name: one.obstacle(name) or one.signature(name) for name in found}
            for one, found in zip(runs, known, strict=True)
        ]

    @strictly()
    def dimension(self, name: str) -> Dimension:
        """A dimension ready to score.

        Raises:
            CheckpointError: a backbone's file is missing, damaged, unsafe or does not fit.
            MissingExtra: a package is not installed.
            PluginError: another package brings it, and it is broken.
            UsageError: the profile is for other devices.
        """
        refuse_elsewhere(self.profile, self.device)
        if name not in self._dimensions:
            backbones = {role: self._backbone(backbone) for role, backbone in self.roles(name).items()}
            own = {role: backbone for role, backbone in backbones.items() if role in self.implementation(name).roles}
            made = self.implementation(name)(**own, **self.options.get(name, {}))
            made.all_pairs = self.all_pairs
            if name in self.filtered:
                flow = backbones[FLOW]
                assert isinstance(flow, FlowEstimator), f"{self.profile.roles[FLOW]} plays the role of the flow"
                self._dimensions[name] = OfStaticVideos(made, StaticFilter(flow, self.all_pairs))
            else:
                self._dimensions[name] = made
        return self._dimensions[name]

    @strictly()
    def score(self, name: str, video: Video, prompt: Prompt) -> VideoScore:
        """What a dimension says of a video, with less at once where the device has no room for more.

        Args:
            name: of the dimension.
            video: is judged.
            prompt: it is judged against.

        Raises:
            Unavailable: there is no room for a single frame.
            VBenchError: whatever keeps the dimension from being loaded or from judging.
        """
        return with_room(lambda: self.dimension(name).score(video, prompt), name, self)

    @strictly()
    def static_verdict(self, name: str, video: Video) -> StaticVerdict:
        """What the static filter says of a video, in the same way; arguments and errors as :meth:`score`.

        Args:
            name: of a filtered dimension.
            video: is judged.
        """
        return with_room(lambda: self._filter(name).is_static(video), name, self)

    def _filter(self, name: str) -> StaticFilter:
        judge = self.dimension(name)
        assert isinstance(judge, OfStaticVideos), f"the videos of {name} are not filtered"
        return judge.static_filter

    def make_room(self, name: str) -> bool:
        """Need less of the device's memory for a dimension from now on; whether that is possible.

        Its backbones take half as many frames at once; where they take one, the backbones of the others are let go of.
        """
        if any([one.halve() for one in self._loaded(name)]):  # noqa: C419 - every one of them
            return True
        before = len(self._backbones)
        self.keep_only([name])
        return len(self._backbones) < before

    def reduced(self, name: str) -> dict[str, int]:
        """Backbones of a dimension that take fewer frames at once than usual, for want of memory, and how many."""
        return {one.name: one.at_most for one in self._loaded(name) if one.at_most is not None}

    def _loaded(self, name: str) -> list[Backbone]:
        return [self._backbones[one] for one in sorted({*self.roles(name).values()}) if one in self._backbones]

    def keep_only(self, names: Collection[str]) -> None:
        """Let go of every dimension and backbone that none of these needs."""
        needed = set()
        for one in (self.of(run) for run in range(1 + len(self.others))):
            for name in one._dimensions.keys() - set(names):
                del one._dimensions[name]
            known = specs_of(one.benchmark)
            needed |= {backbone for name in names if name in known for backbone in one.roles(name).values()}
        for name in self._backbones.keys() - needed:
            del self._backbones[name]

    def _backbone(self, name: str) -> Backbone:
        import torch

        if name not in self._backbones:
            with torch.random.fork_rng(devices=[]):  # a library may draw weights before it reads them
                backbone = BACKBONES.get(name).load(self.device)
            self._backbones[name] = backbone
        return self._backbones[name]
