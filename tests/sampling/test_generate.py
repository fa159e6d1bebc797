from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from typer.testing import CliRunner

from tests.footage import noise, write_text, write_video
from vbench import provenance
from vbench.cli import app
from vbench.errors import CheckpointError, UsageError
from vbench.generators.base import Delivery, Enhancer, Generator, Request, SamplingError, Settings
from vbench.generators.catalog import Enhanced, build
from vbench.generators.options import Options
from vbench.generators.synthetic.generator import Synthetic
from vbench.media.clip import Clip, Encoded
from vbench.prompts.sampling_plan import sampling_plan
from vbench.prompts.suite import Prompt, PromptSuite
from vbench.sampling.generate import (
    FAILURES_AT_FIRST,
    SCRATCH,
    Sampled,
    generate,
)
from vbench.sampling.manifest import NAME, read_manifest
from vbench.sampling.record import RECORD, read_sampling
from vbench.sampling.wanted import Wanted, wanted_samples, with_images, with_material

PROMPTS = ("a red bus", "a cat / a dog", "a motionless kite")
SMALL = {"frames": 4, "height": 32, "width": 48}
RATE = "frames a second; expected 0.0010 to 2147483647, or 0 of a picture"


def wanted(samples: int = 2, seed: int = 0, prompts: Sequence[str] = PROMPTS) -> Wanted:
    suite = PromptSuite("three", tuple(Prompt(text) for text in prompts), "ab")
    plan = list(sampling_plan(suite, samples=samples, seed=seed))
    asked: dict[str, Any] = {"name": "three", "sha256": "ab", "category": None, "dimensions": [], "samples": samples}
    return Wanted(plan, asked, seed)


def sample(folder: Path, plan: Wanted | None = None, model: str = "synthetic", **settings: Any) -> Sampled:
    generator = build(model)
    return generate(generator, plan or wanted(), generator.defaults.with_given(**{**SMALL, **settings}), folder)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file() and path.name != RECORD}


def asked(samples: int | None = 2, **changes: Any) -> Wanted:
    return replace(wanted(samples or 2), suite={**wanted().suite, "samples": samples, **changes})


@pytest.mark.parametrize(
    ("first", "second", "dimensions", "samples"),
    [
        (asked(dimensions=["scene"]), asked(1, dimensions=["color"]), ["color", "scene"], 2),
        (asked(dimensions=["scene"]), asked(1, dimensions=["color", "scene"]), ["color", "scene"], 1),
        (asked(dimensions=["scene"]), asked(1), [], 1),
        (asked(), asked(1, dimensions=["scene"]), [], 2),
        (asked(None), asked(1, dimensions=["scene"]), [], None),
        (asked(category="animal"), asked(1), [], 1),
        (asked(), asked(1, category="animal"), [], 2),
    ],
)
def test_a_folder_was_sampled_for_what_all_calls_asked_for(
    tmp_path: Path, first: Wanted, second: Wanted, dimensions: list[str], samples: int | None
) -> None:
    for plan in (first, second):
        sample(tmp_path, plan)
    found = (read_sampling(tmp_path) or {})["suite"]
    assert (found["dimensions"], found["samples"], found["category"]) == (dimensions, samples, None)


def test_another_category_is_for_another_folder(tmp_path: Path) -> None:
    sample(tmp_path, asked(category="animal"))
    with pytest.raises(UsageError, match="the suite was three, animal and is now three, food"):
        sample(tmp_path, asked(category="food"))


def test_every_video_of_the_plan_is_there_and_listed(tmp_path: Path) -> None:
    outcome = sample(tmp_path)
    assert (outcome.made, outcome.kept, outcome.failures) == (6, 0, {})
    records = read_manifest(tmp_path)
    assert [(record.prompt, record.index, record.file) for record in records] == [
        (one.prompt.text, one.index, one.file) for one in wanted().samples
    ]
    assert [record.seed for record in records] == [one.seed for one in wanted().samples]
    assert records[0].settings["scene"]["things"][0]["name"] == "bus"
    assert {record.settings["frames"] for record in records} == {4}
    assert len({record.sha256 for record in records}) == 6
    assert not (tmp_path / SCRATCH).exists()
    record = read_sampling(tmp_path)
    assert record is not None
    assert (record["status"], record["model"], record["seed"]) == ("finished", "synthetic", 0)


def test_the_same_call_gives_the_same_bytes_and_another_seed_others(tmp_path: Path) -> None:
    for name in ("one", "two"):
        sample(tmp_path / name)
    assert contents(tmp_path / "one") == contents(tmp_path / "two")
    sample(tmp_path / "three", wanted(seed=1))
    assert contents(tmp_path / "one")["a red bus-0.mp4"] != contents(tmp_path / "three")["a red bus-0.mp4"]


class Interrupted(Exception):
    pass


class Cut(Generator[Options]):
    """A generator that is interrupted after some videos, or gives a few videos at a time."""

    def __init__(self, inner: Generator[Any], after: int = 99, batch: int = 1) -> None:
        super().__init__(inner.name, "", Options())
        self.inner, self.after, self.batch = inner, after, batch
        self.asked: list[str] = []

    @property
    def defaults(self) -> Settings:
        return self.inner.defaults

    @property
    def batch_size(self) -> int:
        return self.batch

    def sample_all(self, requests: Sequence[Request]) -> Iterator[Delivery]:
        self.asked = [request.file for request in requests]
        for place, delivery in enumerate(self.inner.sample_all(requests)):
            if place == self.after:
                raise Interrupted
            yield delivery


def test_an_interrupted_sampling_ends_as_if_nothing_had_happened(tmp_path: Path) -> None:
    generator = build("synthetic")
    settings = generator.defaults.with_given(**SMALL)
    with pytest.raises(Interrupted):
        generate(Cut(generator, after=3), wanted(), settings, tmp_path / "cut")
    manifest = tmp_path / "cut" / NAME
    with manifest.open("ab") as lines:  # as a full disk leaves it, in the middle of a line and of a letter
        lines.write('{"file": "a cat-0.mp4", "prompt": "кот'.encode()[:-1])
    (tmp_path / "cut" / SCRATCH).mkdir()
    (tmp_path / "cut" / SCRATCH / "half.mp4").write_bytes(b"half")
    outcome = generate(generator, wanted(), settings, tmp_path / "cut")
    assert (outcome.made, outcome.kept) == (3, 3)
    sample(tmp_path / "whole")
    assert contents(tmp_path / "cut") == contents(tmp_path / "whole")


def test_damaged_and_lost_files_are_sampled_again(tmp_path: Path) -> None:
    sample(tmp_path)
    before = contents(tmp_path)
    (tmp_path / "a red bus-0.mp4").write_bytes(b"damaged")
    (tmp_path / "a red bus-1.mp4").unlink()
    outcome = sample(tmp_path)
    assert (outcome.made, outcome.kept) == (2, 4)
    assert contents(tmp_path) == before


def test_more_samples_are_added_to_those_that_are_there(tmp_path: Path) -> None:
    sample(tmp_path, wanted(samples=1))
    outcome = sample(tmp_path, wanted(samples=2))
    assert (outcome.made, outcome.kept) == (3, 3)
    sample(tmp_path / "whole")
    assert contents(tmp_path / "whole") == contents(tmp_path)


def test_the_packages_are_those_of_all_calls_that_made_a_sample(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def torch_of() -> Any:
        return (read_sampling(tmp_path) or {})["packages"]["torch"]

    sample(tmp_path, wanted(1))
    before, packages = torch_of(), provenance.packages() | {"torch": "99.0"}
    monkeypatch.setattr(provenance, "packages", lambda: packages)
    sample(tmp_path, wanted(1))
    assert torch_of() == before
    sample(tmp_path, wanted(2))
    assert torch_of() == f"{before}; 99.0"


def test_a_batch_is_sampled_whole_or_not_at_all(tmp_path: Path) -> None:
    sample(tmp_path)
    (tmp_path / "a red bus-1.mp4").unlink()
    generator = Cut(build("synthetic"), batch=4)
    generate(generator, wanted(), generator.defaults.with_given(**SMALL), tmp_path)
    assert generator.asked == [one.file for one in wanted().samples[:4]]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"model": "synthetic:blur=1"}, "model was 'synthetic' and is now 'synthetic:blur=1'"),
        ({"frames": 5}, "frames of settings was 4 and is now 5"),
        ({"plan": replace(wanted(), texts={"a red bus": "a bus at dawn"})}, "'a red bus', and now 'a bus at dawn' is"),
        ({"plan": wanted(seed=1)}, "seed was 0 and is now 1"),
        ({"plan": replace(wanted(), suite={**wanted().suite, "sha256": "cd"})}, "the suite was three and is now three"),
    ],
)
def test_a_folder_of_other_samples_is_refused(tmp_path: Path, changes: dict[str, Any], message: str) -> None:
    sample(tmp_path)
    before = contents(tmp_path)
    with pytest.raises(UsageError) as caught:
        sample(tmp_path, **changes)
    assert message in str(caught.value)
    assert contents(tmp_path) == before


class Reversing(Enhancer):
    """Plays a clip from its end."""

    def enhance(self, clip: Clip, request: Request) -> Clip:
        return replace(clip, frames=clip.frames[::-1])


@pytest.mark.parametrize("changed", [Synthetic, Reversing])
def test_samples_of_an_older_version_of_a_model_are_not_continued(
    tmp_path: Path, changed: type[Generator[Any] | Enhancer], monkeypatch: pytest.MonkeyPatch
) -> None:
    generator = Enhanced(build("synthetic"), [Reversing("reversing", "")])

    def again(folder: Path) -> Sampled:
        return generate(generator, wanted(), generator.defaults.with_given(**SMALL), folder)

    assert again(tmp_path).made == 6
    monkeypatch.setattr(changed, "version", 2)
    with pytest.raises(UsageError, match=r"holds other samples: implementation of .* was None and is now 2"):
        again(tmp_path)
    assert (again(tmp_path / "anew").made, again(tmp_path / "anew").kept) == (6, 6)


def test_a_folder_whose_manifest_is_not_ours_is_refused(tmp_path: Path) -> None:
    (tmp_path / NAME).write_text('{"file": "a.mp4", "prompt": "a"}\n')
    with pytest.raises(UsageError, match="did not make"):
        sample(tmp_path)


class Files(Generator[Options]):
    """Answers with files: a video, a text, a picture of nothing, a refusal."""

    seeded = False

    def __init__(self, folder: Path) -> None:
        super().__init__("files", "", Options())
        self.folder = folder

    @property
    def defaults(self) -> Settings:
        return Settings()

    def sample(self, request: Request) -> Encoded:
        source = self.folder / f"{request.index}.webm"
        if request.index == 3:
            raise SamplingError("refused by the service")
        if request.index == 1:
            return Encoded(write_text(source))
        return Encoded(write_video(source), borrowed=request.index == 0, facts={"job": request.index})


def test_what_works_is_kept_and_what_fails_is_listed(tmp_path: Path) -> None:
    outcome = generate(Files(tmp_path / "source"), wanted(4, prompts=["a cat"]), Settings(), tmp_path / "out")
    assert (outcome.made, list(outcome.failures)) == (2, ["a cat-1.mp4", "a cat-3.mp4"])
    assert outcome.failures["a cat-3.mp4"] == "refused by the service"
    assert [record.file for record in read_manifest(tmp_path / "out")] == ["a cat-0.webm", "a cat-2.webm"]
    assert [(record.seed, record.settings) for record in read_manifest(tmp_path / "out")] == [
        (None, {"job": 0}),
        (None, {"job": 2}),
    ]
    assert (tmp_path / "source" / "0.webm").exists()  # borrowed: copied
    assert not (tmp_path / "source" / "2.webm").exists()
    record = read_sampling(tmp_path / "out")
    assert record is not None
    assert record["failures"] == outcome.failures
    again = generate(Files(tmp_path / "source"), wanted(4, prompts=["a cat"]), Settings(), tmp_path / "out")
    assert (again.made, again.kept, list(again.failures)) == (0, 2, ["a cat-1.mp4", "a cat-3.mp4"])
    fewer = generate(Files(tmp_path / "source"), wanted(2, prompts=["a cat"]), Settings(), tmp_path / "out")
    assert list(fewer.failures) == ["a cat-1.mp4"]
    assert (read_sampling(tmp_path / "out") or {})["failures"].keys() == outcome.failures.keys()


class Broken(Files):
    """Never works."""

    def sample(self, request: Request) -> Encoded:
        raise RuntimeError("no memory")


class Given(Generator[Options]):
    """Gives whatever it is given, by prompt."""

    def __init__(self, answers: dict[str, Any]) -> None:
        super().__init__("given", "", Options())
        self.answers = answers

    @property
    def defaults(self) -> Settings:
        return Settings()

    def sample(self, request: Request) -> Clip:
        answer: Clip = self.answers[request.prompt]
        if isinstance(answer, SamplingError):
            raise answer
        return answer


def test_what_no_file_can_hold_is_a_failure_and_ends_nothing(tmp_path: Path) -> None:
    frames = noise(4, 16, 16)
    answers = {
        "a video": Clip(frames, np.float32(8)),  # type: ignore[arg-type]
        "floats": Clip(frames / 255, 8),  # type: ignore[arg-type]
        "no frame": Clip(frames[:0], 8),
        "no rate": Clip(frames, float("nan")),
        "list": Clip(list(frames), 8),  # type: ignore[arg-type]
        "path": tmp_path,
        "nothing": None,
        "facts": Clip(frames, 8, {"loss": np.float32(1)}),
        "half a letter": Clip(frames, 8, {"text": "\ud83d"}),
        "slow": Clip(frames, 1e-9),
        "fast": Clip(frames, 1e10),
        "wide": Clip(np.zeros((2, 2, 20000, 3), np.uint8), 8),
        "a reason": SamplingError("caf\udce9 is not there"),
    }
    outcome = generate(Given(answers), wanted(1, prompts=list(answers)), Settings(), tmp_path / "out")
    assert outcome.made == 1
    assert outcome.failures == {
        "floats-0.mp4": "the generator gave frames (4, 16, 16, 3) float64; expected (T, H, W, 3) uint8, at least one",
        "no frame-0.mp4": "the generator gave frames (0, 16, 16, 3) uint8; expected (T, H, W, 3) uint8, at least one",
        "no rate-0.mp4": f"the generator gave nan {RATE}",
        "list-0.mp4": "the generator gave frames () list; expected (T, H, W, 3) uint8, at least one",
        "path-0.mp4": "the generator gave a PosixPath; expected a Clip or an Encoded",
        "nothing-0.mp4": "the generator gave no video",
        "facts-0.mp4": "the generator's facts are no JSON: Object of type float32 is not JSON serializable",
        "half a letter-0.mp4": "the generator's facts are no JSON: '\\ud83d' is no text: it holds half of a pair of "
        "surrogates",
        "slow-0.mp4": f"the generator gave 1e-09 {RATE}",
        "fast-0.mp4": f"the generator gave 10000000000.0 {RATE}",
        "wide-0.mp4": "the generator gave frames of 20000x2; a video holds sides of at most 16384 pixels",
        "a reason-0.mp4": "caf\\udce9 is not there",
    }
    record = read_sampling(tmp_path / "out")
    assert record is not None
    assert record["failures"] == outcome.failures


def test_a_name_that_no_record_can_say_is_refused_before_anything_is_sampled(tmp_path: Path) -> None:
    generator = Given({"a cat": Clip(noise(4, 16, 16), 8)})
    generator.name = "directory:caf\udce9"
    with pytest.raises(UsageError, match=r"'directory:caf\\udce9' is no text.*sampling\.json could not say it"):
        generate(generator, wanted(1, prompts=["a cat"]), Settings(), tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("count", [1_000_001, 10**30])
def test_a_plan_without_a_bound_is_refused_before_it_is_made(count: int) -> None:
    with pytest.raises(UsageError, match=f"That is {count} videos, and a folder holds a plan of at most 1000000"):
        wanted_samples(prompts=["a cat"], samples=count)


def test_another_picture_of_the_same_name_is_not_what_a_video_started_from(tmp_path: Path) -> None:
    picture = write_text(tmp_path / "a cat.png")

    def sampled(samples: int) -> Sampled:
        plan = with_images(wanted(samples, prompts=["a cat"]), tmp_path)
        return generate(Given({"a cat": Clip(noise(4, 16, 16), 8)}), plan, Settings(), tmp_path / "out")

    assert (sampled(1).made, sampled(2).made) == (1, 1)
    picture.write_text("another")
    with pytest.raises(UsageError, match=r"a cat-0\.mp4 was made from another picture"):
        sampled(2)


def test_texts_of_other_prompts_are_refused() -> None:
    assert with_material(wanted(), {"a red bus": "a bus at dawn", "a train": "one"}, "").texts["a red bus"]
    with pytest.raises(UsageError, match="texts are of other prompts, such as 'a red bus '"):
        with_material(wanted(), {"a red bus ": "a bus at dawn"}, "")
    with pytest.raises(UsageError, match=r"The text of 'a red bus': .* is no text: it holds bytes"):
        with_material(wanted(), {"a red bus": "a bus\ud83d"}, "")


@pytest.mark.parametrize(
    ("prompt", "says"),
    [(" ", "--prompt: a prompt must be a text, found ' '"), ("caf\udce9", "is no text: it holds bytes")],
)
def test_a_prompt_that_names_no_video_is_refused(prompt: str, says: str) -> None:
    with pytest.raises(UsageError) as caught:
        wanted_samples(prompts=["a cat", prompt])
    assert says in str(caught.value)


def test_a_generator_that_only_fails_is_stopped(tmp_path: Path) -> None:
    outcome = generate(Broken(tmp_path), wanted(40), Settings(), tmp_path / "out")
    assert outcome.stopped
    assert len(outcome.failures) == 120
    assert list(outcome.failures.values()).count("RuntimeError: no memory") == FAILURES_AT_FIRST


def test_pictures_are_found_by_prompt(tmp_path: Path) -> None:
    for text in ("a cat", "a dog"):
        (tmp_path / f"{text}.png").write_bytes(b"")
    found = with_images(wanted(prompts=["a cat", "a dog"]), tmp_path)
    assert found.images == {"a cat": tmp_path / "a cat.png", "a dog": tmp_path / "a dog.png"}
    with pytest.raises(UsageError, match=r"lacks 1 of the pictures: a bird\.png"):
        with_images(wanted(prompts=["a bird"]), tmp_path)


def test_a_record_of_the_future_and_a_broken_one_are_refused(tmp_path: Path) -> None:
    (tmp_path / RECORD).write_text(json.dumps({"version": 99}))
    with pytest.raises(UsageError, match="newer vbench"):
        read_sampling(tmp_path)
    (tmp_path / RECORD).write_text("{")
    with pytest.raises(UsageError, match="cannot be read"):
        read_sampling(tmp_path)


class Dark(Generator[Options]):
    """Clips whose second half is black, and who are told apart by their first."""

    defaults = Settings(frames=8, height=32, width=48, fps=8)
    loaded = 0

    def load(self) -> None:
        Dark.loaded += 1

    def sample(self, request: Request) -> Clip:
        frames = noise(8, height=32, width=48, seed=request.seed % 1000)
        frames[4:] = 0
        return Clip(frames, 8)


def test_what_came_is_looked_at_and_marked(tmp_path: Path) -> None:
    generate(Dark("dark", "", Options()), wanted(samples=1), Dark.defaults, tmp_path)
    for record in read_manifest(tmp_path):
        assert record.flaws == [
            "flat: 4 of 8 frames, the first of them number 4, are of one colour",
            "black: 4 of 8 frames, the first of them number 4, are without light",
            "frozen: 4 of 8 frames in a row are the same",
        ]
    (tmp_path / RECORD).unlink()  # its suite is none that check could find
    told = CliRunner().invoke(app, ["check", str(tmp_path), "--json"])
    found = [one for one in json.loads(told.output)["findings"] if one["kind"] == "flaw"]
    assert len(found) == 9
    assert "without light" in found[1]["message"]


def test_files_that_came_are_looked_at_too(tmp_path: Path) -> None:
    folder = tmp_path / "theirs"
    folder.mkdir()
    still = np.repeat(noise(1, height=32, width=48, seed=0), 6, axis=0)
    write_video(folder / "a cat-0.mp4", still)
    plan = wanted(samples=1, prompts=["a cat"])
    generator = build(f"directory:{folder}")
    generate(generator, plan, generator.defaults, tmp_path / "out")
    (record,) = read_manifest(tmp_path / "out")
    assert record.flaws == ["frozen: 6 of 6 frames in a row are the same"]


def test_weights_are_loaded_only_where_a_video_is_missing(tmp_path: Path) -> None:
    before = Dark.loaded
    for loads in (1, 1):
        generate(Dark("dark", "", Options()), wanted(samples=1), Dark.defaults, tmp_path)
        assert Dark.loaded - before == loads


def test_models_load_and_sample_strictly(tmp_path: Path) -> None:
    seen: list[bool] = []

    class Watched(Files):
        def load(self) -> None:
            seen.append(torch.backends.cudnn.deterministic)

        def sample(self, request: Request) -> Encoded:
            seen.append(torch.backends.cudnn.deterministic)
            return super().sample(request)

    generate(Watched(tmp_path / "source"), wanted(1, prompts=["a cat"]), Settings(), tmp_path / "out")
    assert seen == [True, True]


def test_nothing_is_written_where_the_weights_are_wrong(tmp_path: Path) -> None:
    class Broken(Dark):
        def load(self) -> None:
            raise CheckpointError("half of it")

    with pytest.raises(CheckpointError):
        generate(Broken("dark", "", Options()), wanted(), Dark.defaults, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_what_came_is_measured_and_a_mismatch_is_a_finding(tmp_path: Path) -> None:
    video = write_video(tmp_path / "theirs.mp4", noise(6, height=32, width=48, seed=0), fps=12)
    copies = f"import json, shutil, sys\nfor line in sys.stdin:\n    shutil.copy('{video}', json.loads(line)['file'])\n"
    (tmp_path / "program.py").write_text(copies)
    call = ["generate", "-m", f"command:{sys.executable} {tmp_path / 'program.py'}", "--option", "style=once"]
    call += ["--prompt", "a cat", "--samples", "1", "-o", str(tmp_path / "out")]
    call += ["--frames", "16", "--size", "64x32", "--fps", "12"]
    result = CliRunner().invoke(app, call)
    assert result.exit_code == 0, result.output
    (record,) = read_manifest(tmp_path / "out")
    assert record.measured == {"frames": 6, "height": 32, "width": 48, "fps": 12.0}
    assert record.findings == ["asked for 16 frames, 6 came", "asked for 64x32, 48x32 came"]
    assert "a cat-0.mp4: asked for 16 frames, 6 came; asked for 64x32, 48x32 came" in result.output
    told = json.loads(CliRunner().invoke(app, ["check", str(tmp_path / "out"), "--json"]).output)["findings"]
    assert [one["message"] for one in told if one["kind"] == "not_as_asked"] == record.findings
    again = json.loads(CliRunner().invoke(app, [*call, "--json"]).stdout)
    assert (again["kept"], again["findings"]) == (1, {"a cat-0.mp4": record.findings})
