"""Real programs: each is a small Python script that behaves, or misbehaves, as the prompt tells it to."""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

import pytest

from tests.footage import noise, write_video
from vbench.errors import UsageError, VideoError
from vbench.generators import catalog as catalogue
from vbench.generators.base import Request, Settings
from vbench.generators.external import command
from vbench.media.clip import Encoded, refuse_malformed
from vbench.prompts.sampling_plan import file_stems

PROGRAM = """
import json, os, pathlib, shutil, signal, subprocess, sys, time
folder = pathlib.Path(__file__).parent
with open(folder / "starts", "a") as starts:
    starts.write(f"{os.getpid()}\\n")
print("loading the model", flush=True)
for line in sys.stdin:
    request = json.loads(line)
    with open(folder / "requests", "a") as seen:
        seen.write(line)
    what, answer = request["prompt"], {"id": request["id"]}
    print(f"sampling {what}", file=sys.stderr, flush=True)
    if what == "crash" or (what == "crash once" and not (folder / "crashed").exists()):
        (folder / "crashed").touch()
        print("out of memory", file=sys.stderr)
        sys.exit(3)
    if what == "segfault":
        os.kill(os.getpid(), signal.SIGSEGV)
    if what == "slow":
        time.sleep(60)
    if what == "stubborn":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
        (folder / "child").write_text(str(child.pid))
        time.sleep(60)
    if what == "orphan":
        subprocess.Popen(["sleep", "60"])
        os._exit(5)
    if what == "refuse":
        answer["error"] = "not that kind of prompt"
    elif what == "elsewhere":
        answer["file"] = str(folder / "video.mp4")
    elif what == "empty":
        open(request["file"], "w").close()
    elif what == "chatty":
        print(json.dumps({"id": "another", "error": "no"}), "[1]", "NaN", '{"id": NaN}', sep="\\n")
        sys.stdout.buffer.write(b"\\xff\\xfe\\n")
        shutil.copy(folder / "video.mp4", request["file"])
    elif what == "bar":
        for part in range(3):
            sys.stdout.write(f"\\r{part}/2 |{'=' * part}|")
        shutil.copy(folder / "video.mp4", request["file"])
    elif what != "nothing":
        shutil.copy(folder / "video.mp4", request["file"])
    if what == "no number":
        answer["facts"] = {"loss": float("nan")}
    if what == "nested":
        print("[" * 100000, flush=True)
    if what == "facts":
        answer["facts"] = {"steps": 30, "image": request["image"]}
    if "once" in sys.argv:
        sys.exit(0)
    print(json.dumps(answer), flush=True)
(folder / "ended").touch()
"""


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(command, "GRACE", 2.0)
    write_video(tmp_path / "video.mp4", noise(3, 16, 16))
    (tmp_path / "a program.py").write_text(PROGRAM)
    return f"command:{sys.executable} '{tmp_path / 'a program.py'}'"


def requests(*prompts: str, **more: Path) -> list[Request]:
    settings = command.Command("", "x", command.CommandOptions()).defaults.with_given(steps=7, fps=8.0)
    return [
        Request(text, 0, number, settings, f"{stem}-0.mp4", **more)
        for number, (text, stem) in enumerate(file_stems(prompts).items())
    ]


def answers(model: str, wanted: list[Request], *options: str) -> tuple[dict[str, Encoded], dict[str, str]]:
    """Prompt -> file, and prompt -> reason; the files are looked at as they come."""
    generator = catalogue.build(model, options)
    generator.prepare(wanted)
    made, failed = {}, {}
    for delivery in generator.sample_all(wanted):
        if isinstance(delivery.video, Encoded):
            assert delivery.video.path.stat().st_size
            made[delivery.request.prompt] = delivery.video
        else:
            failed[delivery.request.prompt] = delivery.reason
    return made, failed


def starts(folder: Path) -> int:
    return len((folder / "starts").read_text().split())


def test_one_program_answers_all(program: str, tmp_path: Path) -> None:
    made, failed = answers(program, requests("a cat", 'quotes " and $HOME; `x`', "\u732b"))
    assert not failed
    assert not any(one.borrowed for one in made.values())
    assert starts(tmp_path) == 1
    assert (tmp_path / "ended").exists(), "the end of its input ended it"
    seen = [json.loads(line) for line in (tmp_path / "requests").read_text().splitlines()]
    assert [one["prompt"] for one in seen] == ["a cat", 'quotes " and $HOME; `x`', "\u732b"]
    assert seen[1]["seed"] == 1
    assert seen[0]["settings"] == {"steps": 7, "fps": 8.0}
    assert Path(seen[0]["file"]).is_absolute()


def test_facts_images_and_files_elsewhere(program: str, tmp_path: Path) -> None:
    made, failed = answers(program, requests("facts", "elsewhere", image=tmp_path / "first.png"))
    assert not failed
    assert made["facts"].facts == {"steps": 30, "image": str(tmp_path / "first.png")}
    assert made["elsewhere"] == Encoded(tmp_path / "video.mp4", borrowed=True, facts={})


def test_what_works_is_kept_and_what_fails_is_said(program: str, tmp_path: Path) -> None:
    wanted = requests("one", "crash", "two", "segfault", "refuse", "nothing", "empty", "chatty", "three")
    made, failed = answers(program, wanted, "retries=0")
    assert list(made) == ["one", "two", "chatty", "three"]
    assert failed["crash"] == "the program ended with exit status 3, saying: sampling crash | out of memory"
    assert failed["segfault"].startswith("the program was ended by SIGSEGV, saying: ")
    assert failed["refuse"] == "the program says: not that kind of prompt"
    assert failed["nothing"].endswith("nothing-0.mp4 is not there")
    assert failed["empty"].endswith("empty-0.mp4 is empty")
    assert starts(tmp_path) == 3, "a new one after each death, and only then"


def test_a_progress_bar_before_the_answer_is_no_part_of_it(program: str) -> None:
    made, failed = answers(program, requests("bar", "a cat"), "timeout=5", "retries=0")
    assert list(made) == ["bar", "a cat"], failed


def test_an_answer_whose_facts_hold_no_number_is_one_and_a_line_nested_without_end_is_none(program: str) -> None:
    made, failed = answers(program, requests("no number", "nested", "a cat"), "timeout=30", "retries=0")
    assert list(made) == ["no number", "nested", "a cat"], failed
    with pytest.raises(VideoError, match="the generator's facts are no JSON: Out of range float"):
        refuse_malformed(made["no number"])


def test_a_crash_is_tried_again(program: str, tmp_path: Path) -> None:
    made, failed = answers(program, requests("crash once", "crash"), "retries=2")
    assert list(made) == ["crash once"]
    assert failed["crash"].endswith("; tried 3 times")
    assert "sampling crash | out of memory" in failed["crash"]
    assert starts(tmp_path) == 4


def test_a_slow_one_is_ended_and_the_next_goes_on(program: str, tmp_path: Path) -> None:
    made, failed = answers(program, requests("slow", "a cat"), "timeout=3", "retries=0")
    assert list(made) == ["a cat"]
    assert failed["slow"].startswith("the program gave no answer in 3 seconds and was ended, saying:")


def test_nothing_that_it_started_survives(program: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "GRACE", 0.2)
    _, failed = answers(program, requests("stubborn"), "timeout=3", "retries=0")
    assert "was ended" in failed["stubborn"]
    child, deadline = int((tmp_path / "child").read_text()), time.monotonic() + 60
    while _runs(child) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not _runs(child)


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"


def test_its_end_is_seen_though_another_holds_its_output(program: str) -> None:
    _, failed = answers(program, requests("orphan"), "retries=0")
    assert failed["orphan"].startswith("the program ended with exit status 5")


def test_a_process_for_each_request(program: str, tmp_path: Path) -> None:
    made, failed = answers(f"{program} once", requests("one", "crash", "nothing", "two"), "style=once", "retries=1")
    assert list(made) == ["one", "two"]
    assert "exit status 3" in failed["crash"]
    assert failed["nothing"].endswith("is not there")
    assert starts(tmp_path) == 5
    made, failed = answers(program, requests("facts", "refuse"), "style=once")
    assert made["facts"].facts == {"steps": 30, "image": None}
    assert failed == {"refuse": "the program says: not that kind of prompt"}


def test_it_ends_with_the_one_who_asks(program: str, tmp_path: Path) -> None:
    generator = catalogue.build(program)
    wanted = requests("one", "two")
    generator.prepare(wanted)
    deliveries = generator.sample_all(wanted)
    next(deliveries)
    deliveries.close()  # type: ignore[attr-defined]
    assert (tmp_path / "ended").exists()
    assert len((tmp_path / "requests").read_text().splitlines()) == 1


def test_the_log_is_kept_on_request_and_the_environment_is_passed_and_not_written(
    program: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SERVICE_KEY", "sesame-4711")
    _, failed = answers(program, requests("a cat", "crash"), f"log={tmp_path / 'program.log'}", "retries=0")
    log = (tmp_path / "program.log").read_text()
    assert "sampling a cat" in log
    assert "loading the model" in log
    assert "sesame" not in log + str(failed) + (tmp_path / "requests").read_text()
    echo = f'command:{sys.executable} -c \'import os, sys; sys.exit(os.environ["SERVICE_KEY"] != "sesame-4711")\''
    assert "not there" in answers(echo, requests("a cat"), "style=once")[1]["a cat"], (
        "it saw the key, and exit status 0"
    )


@pytest.mark.parametrize(
    ("model", "options", "message"),
    [
        ("command", [], "command needs a program"),
        ("command:no-such-program --x", [], "There is no program 'no-such-program'"),
        ("command:./plain.py", [], "cannot be run: make it executable"),
        ("command:python 'x", [], "cannot be split"),
        ("command:python x", ["style=twice"], "must be stay or once"),
        ("command:python x", ["timeout=0"], "timeout must be positive"),
        ("command:python x", ["log=none/program.log"], "no such folder"),
        ("command:python x", ["shell=yes"], "Its options: style=text"),
    ],
)
def test_what_cannot_work_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, model: str, options: list[str], message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "plain.py").write_text("")
    with pytest.raises(UsageError, match=message):
        answers(model, requests("a cat"), *options)


def test_any_setting_can_be_given_but_not_nonsense() -> None:
    defaults = catalogue.build("command:x").defaults
    assert defaults.stated() == {}
    assert defaults.with_given(frames=16, negative_prompt="").with_given(fps=8).stated() == {
        "frames": 16,
        "fps": 8,
        "negative_prompt": "",
    }
    with pytest.raises(UsageError, match="frames must be positive"):
        defaults.with_given(frames=0)
    with pytest.raises(UsageError, match="no setting frames"):
        Settings().with_given(frames=1)


def test_a_program_that_ignores_the_seed_can_say_so() -> None:
    assert catalogue.build("command:x").seeded
    assert not catalogue.build("command:x", ["seeded=no"]).seeded
