from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from vbench.errors import UsageError
from vbench.generators.base import Delivery, Enhancer, Request, SamplingError
from vbench.generators.catalog import ENHANCERS, GENERATORS, Composition, Enhanced, build, parse
from vbench.generators.listing import described, listing
from vbench.generators.options import Options
from vbench.generators.synthetic.generator import Synthetic
from vbench.media.clip import Clip


@pytest.mark.parametrize(
    ("text", "composition"),
    [
        ("latte", Composition("latte", "")),
        ("animatediff+freeinit+freeu", Composition("animatediff", "", ("freeinit", "freeu"))),
        ("modelscope:folder+freeu", Composition("modelscope", "folder", ("freeu",))),
        ("diffusers:a+b/c+freeu-v2", Composition("diffusers", "a+b/c", ("freeu-v2",))),
        ("command:python a+b.py", Composition("command", "python a+b.py")),
        ("synthetic:jerk=0.5", Composition("synthetic", "jerk=0.5")),
    ],
)
def test_names_compose(text: str, composition: Composition) -> None:
    assert parse(text) == composition


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("late", "no generator named 'late'. Did you mean latte"),
        ("latte+freeing", "'freeing' in 'latte+freeing' is neither a technique (freeu"),
        ("latte+freeu+freeu", "names freeu twice"),
        ("animatediff+freeu+freeu-v2", "freeu and freeu-v2 are two versions of one technique"),
        ("open-sora-2.0", "has no adapter here. Sample it in its own environment with --model command:"),
        ("pika", "Pika is closed: its files are not published. Bring its videos with --model directory:FOLDER"),
        ("gen-2", "Gen-2 is closed"),
        ("lumiere", "Lumiere is closed"),
        ("emuvideo", "Emu Video is closed"),
        ("sora-2", "Sora is closed"),
        ("veo-3.1", "sample it through a service with --model http:SERVICE.toml"),
        ("latte+t2v-turbo-ms", "T2V-Turbo over ModelScope has no adapter here"),
        ("synthetic+freeu", "synthetic cannot take freeu: techniques change how a diffusers pipeline samples"),
        ("synthetic:wobble=1", "There is no dial 'wobble'"),
    ],
)
def test_what_cannot_be_is_refused_with_what_can(text: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        build(text)
    assert message in str(caught.value)


@pytest.mark.parametrize("name", GENERATORS.names())
def test_every_generator_is_there_under_its_name_and_described(name: str) -> None:
    assert GENERATORS.get(name).__doc__
    assert described(name)["meaning"]
    assert all(option["meaning"] for option in described(name)["options"])


@pytest.mark.parametrize("name", ENHANCERS.names())
def test_every_enhancer_is_there(name: str) -> None:
    assert issubclass(ENHANCERS.get(name), Enhancer)


def test_listing_names_everything_once() -> None:
    names = [entry["name"] for entry in listing()]
    assert len(names) == len(set(names))
    assert {"synthetic", "+freeinit", "diffusers"} < set(names)


class Doubled(Enhancer):
    """Shows every frame twice."""

    def enhance(self, clip: Clip, request: Request) -> Clip:
        if request.prompt == "a red bus":
            raise SamplingError("no buses")
        return Clip(np.repeat(clip.frames, 2, axis=0), clip.fps * 2)


def test_enhancers_work_on_the_clips_in_their_order(tmp_path: Path) -> None:
    generator = Enhanced(
        Synthetic("synthetic+doubled", "", Options()), [Doubled("doubled", ""), Doubled("doubled", "")]
    )
    settings = generator.defaults.with_given(frames=3, height=32, width=32)
    requests = [Request(text, 0, 1, settings, "x.mp4") for text in ("a cat", "a red bus")]
    cat, bus = generator.sample_all(requests)
    assert isinstance(cat.video, Clip)
    assert (len(cat.video.frames), cat.video.fps) == (12, 32)
    assert cat.video.facts
    assert list(cat.video.facts) == ["scene"], "what is known of a clip is known of what was made of it"
    assert bus == Delivery(requests[1], None, "no buses")
    facts: dict[str, Any] = generator.provenance
    assert facts["enhancers"] == {"doubled": {}}
