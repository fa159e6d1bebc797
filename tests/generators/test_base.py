from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from vbench.errors import UsageError
from vbench.generators.base import Generator, Request, SamplingError, Settings
from vbench.generators.options import Options, read_options
from vbench.media.clip import Clip


@dataclass(frozen=True)
class Knobs(Options):
    dtype: str = "auto"
    batch: int = 1
    tiling: bool = False
    log: Path = Path("log")
    rate: float = 0.5


def test_options_are_typed_by_their_dataclass() -> None:
    read = read_options(Knobs, ["dtype=bfloat16", "batch=4", "tiling=yes", "log=a/b", "rate=2"], "model")
    assert read == Knobs("bfloat16", 4, True, Path("a/b"), 2.0)
    assert read_options(Knobs, [], "model") == Knobs()


@pytest.mark.parametrize(
    ("pair", "message"),
    [
        ("speed=1", "model has no option 'speed=1'. Its options: dtype=text, batch=number, tiling=yes|no"),
        ("batch", "model has no option 'batch'"),
        ("batch=many", "model's option batch must be a number, found 'many'"),
        ("tiling=perhaps", "tiling must be a yes|no"),
        ("rate=nan", "model's option rate must be a finite number, found 'nan'"),
    ],
)
def test_wrong_options_are_refused_with_what_there_is(pair: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        read_options(Knobs, [pair], "model")
    assert message in str(caught.value)


def test_settings_that_a_model_does_not_have_are_refused() -> None:
    settings = Settings(frames=16, guidance=7.5, negative_prompt="")
    assert settings.with_given(frames=8, steps=None, guidance=0.0) == Settings(
        frames=8, guidance=0.0, negative_prompt=""
    )
    assert settings.stated() == {"frames": 16, "guidance": 7.5, "negative_prompt": ""}
    with pytest.raises(UsageError, match="no setting steps; it has frames, guidance, negative_prompt"):
        settings.with_given(steps=50)
    with pytest.raises(UsageError, match="frames must be positive, found 0"):
        settings.with_given(frames=0)
    with pytest.raises(UsageError, match="guidance must be a finite number, found nan"):
        settings.with_given(guidance=float("nan"))
    for rate in (1e-4, 1e10):
        with pytest.raises(UsageError, match=r"fps must be from 0\.0010 to 2147483647, which a file can hold; found"):
            Settings(fps=8).with_given(fps=rate)


class Moody(Generator[Options]):
    """Refuses one prompt and breaks at another."""

    @property
    def defaults(self) -> Settings:
        return Settings()

    def sample(self, request: Request) -> Clip:
        raise {"no": SamplingError("not this one"), "bug": ZeroDivisionError("oops")}[request.prompt]


def test_a_failure_is_an_answer_and_ends_nothing() -> None:
    requests = [Request(text, 0, 0, Settings(), f"{text}.mp4") for text in ("no", "bug")]
    answers = list(Moody("moody", "", Options()).sample_all(requests))
    assert [answer.reason for answer in answers] == ["not this one", "ZeroDivisionError: oops"]
    assert all(answer.video is None for answer in answers)
