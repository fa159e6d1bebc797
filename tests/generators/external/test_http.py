from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.services import KEY, Service, describe
from vbench.errors import UsageError
from vbench.generators import catalog as catalogue
from vbench.generators.base import Request
from vbench.generators.external.http_connection import _seconds
from vbench.media.clip import Encoded
from vbench.prompts.sampling_plan import file_stems, seed_of


@pytest.fixture
def service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    monkeypatch.setenv("ACME_KEY", KEY)
    started = Service(tmp_path).start()
    yield started
    started.stop()


@pytest.fixture
def elsewhere(service: Service, tmp_path: Path) -> Iterator[Service]:
    """Another host, on which the service's videos lie."""
    (tmp_path / "cdn").mkdir()
    other = Service(tmp_path / "cdn").start()
    service.elsewhere = other.url
    yield other
    other.stop()


def requests(description: Path, *prompts: str, image: Path | None = None) -> list[Request]:
    settings = catalogue.build(f"http:{description}").defaults
    return [
        Request(text, 0, seed_of(0, text, 0), settings, f"{stem}-0.mp4", image)
        for text, stem in file_stems(prompts).items()
    ]


def answers(description: Path, *prompts: str, options: tuple[str, ...] = ()) -> tuple[dict[str, Any], dict[str, str]]:
    """Prompt -> facts, and prompt -> reason; the files are looked at as they come."""
    generator = catalogue.build(f"http:{description}", options)
    wanted = requests(description, *prompts)
    generator.prepare(wanted)
    made: dict[str, Any] = {}
    failed = {}
    for delivery in generator.sample_all(wanted):
        if isinstance(delivery.video, Encoded):
            assert delivery.video.path.stat().st_size
            assert not delivery.video.borrowed
            made[delivery.request.prompt] = {"bytes": delivery.video.path.read_bytes(), **(delivery.video.facts or {})}
            delivery.stored()
        else:
            failed[delivery.request.prompt] = delivery.reason
    return made, failed


def test_submit_poll_download(service: Service, tmp_path: Path) -> None:
    made, failed = answers(describe(service.url, tmp_path / "acme.toml"), "a cat", "\u732b")
    assert not failed
    assert made["a cat"] == {"bytes": service.video, "job": "1"}
    assert service.submitted["1"] == {"prompt": "a cat", "seed": seed_of(0, "a cat", 0), "size": "32x16"}
    assert service.calls[:4] == ["POST /v1/videos", *["GET /v1/videos/1"] * 2, "GET /files/1.mp4?signature=s3cret"]


@pytest.mark.parametrize("concurrent", [1, 4])
def test_what_works_is_kept_and_what_fails_is_said(service: Service, tmp_path: Path, concurrent: int) -> None:
    prompts = (
        "one",
        "bad words",
        "fails",
        "stuck",
        "shaky",
        "two",
        "cut",
        "cut once",
        "empty",
        "garbage",
        "in circles",
    )
    more = ("no json", "no id", "stateless", "no output", "on disk", "three")
    description = describe(service.url, tmp_path / "acme.toml", concurrent=concurrent, timeout=2)
    made, failed = answers(description, *prompts, *more)
    assert set(made) == {"one", "two", "three", "shaky", "cut once"}
    assert "status 400" in failed["bad words"]
    assert "not allowed for" in failed["bad words"]
    assert failed["fails"].endswith("ended as failed: out of capacity; --retry-failed submits it anew")
    assert "gave no video but '<html>not a video</html>'" in failed["garbage"]
    assert "still processing after 2 seconds; the same command asks after it again" in failed["stuck"]
    assert "tried 3 times" in failed["cut"]
    assert "empty file" in failed["empty"]
    assert "more than 5 times" in failed["in circles"]
    assert "no JSON: <html>" in failed["no json"]
    assert "has no 'data.id': {\"task\": 1}" in failed["no id"]
    assert "has no 'status'" in failed["stateless"]
    assert "has no {output.0.url}" in failed["no output"]
    assert "no web address" in failed["on disk"]
    assert not any("s3cret" in reason for reason in failed.values())


def test_a_busy_service_is_left_alone_until_it_said(service: Service, tmp_path: Path) -> None:
    made, failed = answers(describe(service.url, tmp_path / "acme.toml"), "busy once", "a cat")
    assert set(made) == {"busy once", "a cat"}
    assert not failed
    assert service.early == 0
    assert service.times["busy once"] == 2


def test_a_service_that_stays_busy_is_given_up(service: Service, tmp_path: Path) -> None:
    made, failed = answers(describe(service.url, tmp_path / "acme.toml"), "always busy", "a cat")
    assert set(made) == {"a cat"}
    assert 'status 429: {"error": "quota"}; tried 3 times' in failed["always busy"]


def test_an_answer_that_was_mangled_on_its_way_is_asked_for_again(service: Service, tmp_path: Path) -> None:
    made, failed = answers(describe(service.url, tmp_path / "acme.toml"), "mangled once")
    assert not failed
    assert len(service.submitted) == len(made) == 1


def test_a_long_wait_holds_for_all_prompts_unless_it_is_said_to_be_one_s(service: Service, tmp_path: Path) -> None:
    description = describe(service.url, tmp_path / "acme.toml")
    made, failed = answers(description, "busy for long", "a cat", "a dog")
    assert not made
    assert len(service.calls) == 1, "nothing else is posted"
    told = "asks to wait 86400 seconds, more than the limit of 5; run the same command"
    assert all(told in reason for reason in failed.values())
    with description.open("a") as more:
        more.write('[[failures]]\nstatus = [429]\nthen = "wait"\n')
    made, failed = answers(description, "busy for long", "a cat", "a dog")
    assert set(made) == {"a cat", "a dog"}
    assert told in failed["busy for long"]


def test_a_wait_of_one_prompt_holds_no_other(service: Service, tmp_path: Path) -> None:
    description = describe(service.url, tmp_path / "acme.toml", concurrent=2, timeout=100)
    with description.open("a") as more:
        more.write('[[failures]]\nstatus = [429]\nthen = "wait"\n')
    generator = catalogue.build(f"http:{description}")
    deliveries = generator.sample_all(requests(description, "busy for a minute", "a cat"))
    assert next(deliveries).request.prompt == "a cat"
    assert service.early, "it was asked after while the other one waits"
    deliveries.close()  # type: ignore[attr-defined]


def test_the_stated_pace_is_kept(service: Service, tmp_path: Path) -> None:
    description = describe(service.url, tmp_path / "acme.toml", concurrent=4, per_minute=1200)
    started = time.monotonic()
    made, _ = answers(description, "one", "two", "three")
    assert len(made) == 3
    assert time.monotonic() - started >= (len(service.calls) - 1) * 60 / 1200


def test_a_wrong_key_ends_everything_at_once(
    service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ACME_KEY", "sk-wrong")
    made, failed = answers(describe(service.url, tmp_path / "acme.toml"), *(f"prompt {n}" for n in range(50)))
    assert not made
    assert len(failed) == 50
    assert len(service.calls) == 1
    assert all("refuses the key" in reason and "status 401" in reason for reason in failed.values())
    assert all("sk-wrong" not in reason and "***" in reason for reason in failed.values())
    assert "sk-wrong" not in "".join(capfd.readouterr())


def test_the_key_is_nowhere_but_in_the_header(service: Service, elsewhere: Service, tmp_path: Path) -> None:
    description = describe(service.url, tmp_path / "acme.toml")
    elsewhere.submitted = service.submitted
    made, failed = answers(description, "elsewhere", "redirected", "bad words", "moved")
    assert set(made) == {"elsewhere", "redirected"}
    assert set(service.keys) == {f"Bearer {KEY}"}
    assert elsewhere.keys == ["", ""], "another host is not sent the key, neither by address nor by redirection"
    assert failed["moved"].endswith(f"redirects to {elsewhere.url}/v2/videos; state that address")
    generator = catalogue.build(f"http:{description}")
    told = [str(failed), json.dumps(generator.provenance), *service.calls, *elsewhere.calls]
    told += [path.read_text() for path in tmp_path.iterdir() if path.suffix in (".toml", ".jsonl")]
    assert KEY not in "".join(told)


def test_a_lost_connection_is_not_paid_for_twice(service: Service, tmp_path: Path) -> None:
    description = describe(service.url, tmp_path / "acme.toml")
    _, failed = answers(description, "breaks once", "a cat")
    assert "whether it was accepted, and costs, only the service knows" in failed["breaks once"]
    assert service.times["breaks once"] == 1


def test_a_service_that_knows_repeated_jobs_is_asked_again(service: Service, tmp_path: Path) -> None:
    description = describe(service.url, tmp_path / "acme.toml", submit='idempotency = "Idempotency-Key"')
    made, failed = answers(description, "breaks once", "a cat")
    assert not failed
    assert service.times["breaks once"] == 2
    assert sorted(service.submitted) == ["1", "2"], "and both were paid for once"
    assert made["breaks once"]["job"] == "1"
    answers(description, "a cat")
    assert len(service.submitted) == 3, "what is wanted anew is a new job"


def test_a_server_that_goes_in_the_middle_is_asked_after_the_same_jobs(service: Service, tmp_path: Path) -> None:
    description = describe(service.url, tmp_path / "acme.toml", concurrent=2)
    prompts = ["one", "two"]
    looked = []

    def vanish() -> None:
        looked.append(True)
        if len(looked) == 1:
            service.server.socket.close()  # type: ignore[union-attr]  # nothing listens from now on

    service.on_look = vanish
    made, failed = answers(description, *prompts)
    assert len(made) + len(failed) == 2
    paid = len(service.submitted)
    assert paid >= 1
    assert failed
    service.stop()
    service.on_look = lambda: None
    service.start()
    again, still = answers(description, *failed)
    assert not still
    assert set(made) | set(again) == set(prompts)
    assert len(service.submitted) == 2, "each was paid for once"


RETRY = ("retry_failed=yes",)


def test_a_slow_job_is_asked_after_again_and_a_failed_one_is_final(service: Service, tmp_path: Path) -> None:
    description = describe(service.url, tmp_path / "acme.toml", timeout=1.0)
    _, failed = answers(description, "stuck", "fails")
    assert len(failed) == 2
    service.submitted["1"]["prompt"] = "a cat"  # it comes to an end after all
    made, failed = answers(description, "stuck", "fails")
    assert made["stuck"]["job"] == "1"
    assert service.times["stuck"] == service.times["fails"] == 1
    assert "out of capacity; --retry-failed submits it anew" in failed["fails"]
    answers(description, "fails", options=RETRY)
    assert service.times["fails"] == 2


def test_a_rule_says_that_a_failed_job_is_submitted_anew(service: Service, tmp_path: Path) -> None:
    description = describe(service.url, tmp_path / "acme.toml", timeout=1.0)
    with description.open("a") as more:
        more.write('[[failures]]\nat = "error.message"\nvalues = ["*capacity"]\nthen = "again"\n')
    for _ in range(2):
        answers(description, "fails")
    assert service.times["fails"] == 2


def test_a_prompt_that_is_forbidden_is_not_the_key(service: Service, tmp_path: Path) -> None:
    description = describe(service.url, tmp_path / "acme.toml")
    made, failed = answers(description, "forbidden words", "a cat")
    assert set(made) == {"a cat"}
    assert "status 403" in failed["forbidden words"]
    with description.open("a") as more:
        rule = '[[failures]]\nstatus = [403]\nat = "error.code"\nvalues = ["moder*"]\nreason = "error.message"\n'
        more.write(f'{rule}then = "final"\n')
    for _ in range(2):
        _, failed = answers(description, "forbidden words")
        assert "answered with status 403: against the rules" in failed["forbidden words"]
    assert service.times["forbidden words"] == 2, "once before the rule was there, and once since"


def test_an_account_that_is_empty_submits_nothing_more_and_gets_what_it_paid_for(
    service: Service, tmp_path: Path
) -> None:
    description = describe(service.url, tmp_path / "acme.toml", concurrent=2)
    made, failed = answers(description, "a cat", "nothing left", "a dog", "a bird")
    assert {"nothing left", "a bird"} <= set(failed)
    assert "refuses the key or the account" in failed["a bird"]
    assert len(made) == len(service.submitted)


def test_no_more_jobs_are_submitted_than_the_budget_has(service: Service, tmp_path: Path) -> None:
    description = describe(service.url, tmp_path / "acme.toml", concurrent=3)
    prompts = ("bad words", "one", "two", "three")
    made, failed = answers(description, *prompts, options=("max_jobs=2",))
    assert len(made) == len(service.submitted) == 2
    assert sum("no more than 2 jobs" in reason for reason in failed.values()) == 1
    with pytest.raises(UsageError, match="0 or more"):
        answers(description, *prompts, options=("max_jobs=-1",))


@pytest.mark.parametrize("prompt", ["breaks inside", "no json", "no id", "breaks", "lost between", "mangled"])
def test_what_may_have_been_accepted_is_not_sent_again(service: Service, tmp_path: Path, prompt: str) -> None:
    description = describe(service.url, tmp_path / "acme.toml")
    for _ in range(2):
        _, failed = answers(description, prompt)
        assert "--retry-failed submits it anew" in failed[prompt]
    assert service.times[prompt] == 1
    answers(description, prompt, options=RETRY)
    assert service.times[prompt] == 2


@pytest.mark.parametrize("prompt", ["link expires", "page once"])
def test_a_link_that_leads_to_no_video_is_asked_for_anew(service: Service, tmp_path: Path, prompt: str) -> None:
    made, failed = answers(describe(service.url, tmp_path / "acme.toml"), prompt)
    assert not failed
    assert made[prompt]["bytes"] == service.video
    assert len(service.submitted) == 1


def test_two_calls_at_once_do_not_share_a_journal(service: Service, tmp_path: Path) -> None:
    description = describe(service.url, tmp_path / "acme.toml")
    first = catalogue.build(f"http:{description}")
    wanted = requests(description, "a cat")
    first.prepare(wanted)
    coming = first.sample_all(wanted)
    next(coming)
    with pytest.raises(UsageError, match=r"acme\.jobs\.jsonl is in use by process"):
        answers(description, "a dog")
    assert answers(description, "a dog", options=(f"journal={tmp_path / 'own'}",))[0]
    coming.close()  # type: ignore[attr-defined]
    assert answers(description, "a dog")[0]


def test_a_forgotten_job_is_not_paid_for_again_unless_that_is_asked(service: Service, tmp_path: Path) -> None:
    description = describe(service.url, tmp_path / "acme.toml", timeout=1.0)
    answers(description, "stuck")
    with (tmp_path / "acme.jobs.jsonl").open("a") as journal:
        journal.write('{"cut": ')
    service.submitted.clear()
    service.submitted["9"] = {"prompt": "somebody else's"}
    for _ in range(2):
        _, failed = answers(description, "stuck")
        assert "no such job" in failed["stuck"]
        assert "the same command asks again, and --retry-failed submits it anew" in failed["stuck"]
    _, failed = answers(description, "stuck", options=RETRY)
    assert "job 2 is still processing" in failed["stuck"]


@pytest.mark.parametrize("prompt", ["expired", "garbage", "empty"])
def test_a_video_that_is_gone_is_not_paid_for_again_unless_that_is_asked(
    service: Service, tmp_path: Path, prompt: str
) -> None:
    description = describe(service.url, tmp_path / "acme.toml")
    for _ in range(2):
        assert prompt in answers(description, prompt)[1]
    assert len(service.submitted) == 1
    answers(description, prompt, options=RETRY)
    assert len(service.submitted) == (2 if prompt != "empty" else 1), "an empty file is a download to try again"


def test_what_is_delivered_is_not_remembered(service: Service, tmp_path: Path) -> None:
    description = describe(service.url, tmp_path / "acme.toml")
    for _ in range(2):
        answers(description, "a cat", options=(f"journal={tmp_path / 'jobs'}",))
    assert len(service.submitted) == 2
    assert not (tmp_path / "acme.jobs.jsonl").exists()
    lines = [json.loads(line) for line in (tmp_path / "jobs").read_text().splitlines()]
    assert [line["job"] for line in lines] == [None, "1", None, None, "2", None]
    assert [line.get("sent", False) for line in lines] == [True, False, False] * 2


def test_what_nobody_could_store_is_not_paid_for_again(service: Service, tmp_path: Path) -> None:
    description = describe(service.url, tmp_path / "acme.toml")
    for _ in range(2):
        generator = catalogue.build(f"http:{description}")
        wanted = requests(description, "a cat")
        generator.prepare(wanted)
        (delivery,) = generator.sample_all(wanted)
        assert delivery.video, "an enhancer fails at it, or the disk is full"
    assert len(service.submitted) == 1


def test_samples_of_a_prompt_are_jobs_of_their_own(service: Service, tmp_path: Path) -> None:
    description = describe(service.url, tmp_path / "acme.toml", timeout=1.0)
    description.write_text(description.read_text().replace('seed = "{seed}", ', ""))
    generator = catalogue.build(f"http:{description}")
    assert not generator.seeded
    wanted = [Request("stuck", index, 0, generator.defaults, f"stuck-{index}.mp4") for index in range(2)]
    generator.prepare(wanted)
    assert [delivery.video for delivery in generator.sample_all(wanted)] == [None, None]
    assert len(service.submitted) == 2


def test_a_call_that_is_ended_waits_for_nothing(service: Service, tmp_path: Path) -> None:
    description = describe(service.url, tmp_path / "acme.toml", concurrent=2, timeout=60)
    generator = catalogue.build(f"http:{description}")
    wanted = requests(description, "a cat", "stuck", "two")
    generator.prepare(wanted)
    before = set(threading.enumerate())
    deliveries = generator.sample_all(wanted)
    assert next(deliveries).request.prompt != "stuck"
    callers = set(threading.enumerate()) - before
    assert callers
    deliveries.close()  # type: ignore[attr-defined]
    for caller in callers:
        caller.join(timeout=20)
    assert not any(caller.is_alive() for caller in callers)


@pytest.mark.parametrize("with_url", [False, True])
def test_services_that_answer_at_once(service: Service, tmp_path: Path, with_url: bool) -> None:
    description = tmp_path / "sync.toml"
    path, download = ("/v1/videos", '[download]\nurl = "{url}"') if with_url else ("/sync", "")
    description.write_text(
        'name = "sync"\nkey_env = "ACME_KEY"\nheaders = { Authorization = "Bearer {key}" }\n'
        f'[submit]\nurl = "{service.url}{path}"\nbody = {{ prompt = "{{prompt}}" }}\n{download}\n'
        "[limits]\nper_minute = 6000\n"
    )
    made, failed = answers(description, "a cat", "bad words")
    assert made == {"a cat": {"bytes": service.video}}
    assert "status 400" in failed["bad words"]


def test_a_picture_to_start_from(service: Service, tmp_path: Path) -> None:
    image = tmp_path / "first.png"
    Image.new("RGB", (4, 4)).save(image)
    description = describe(service.url, tmp_path / "acme.toml")
    with pytest.raises(UsageError, match="takes no image"):
        catalogue.build(f"http:{description}").prepare(requests(description, "a cat", image=image))
    description.write_text(description.read_text().replace("more = ", 'image = "{image}", more = '))
    generator = catalogue.build(f"http:{description}")
    (delivery,) = generator.sample_all(requests(description, "a cat", image=image))
    assert delivery.video
    assert service.submitted["1"]["image"].startswith("data:image/png;base64,iVBOR")


def test_settings_are_those_that_the_description_states(service: Service, tmp_path: Path) -> None:
    defaults = catalogue.build(f"http:{describe(service.url, tmp_path / 'acme.toml')}").defaults
    assert defaults.stated() == {"frames": 24, "height": 16, "width": 32}
    with pytest.raises(UsageError, match="no setting steps; it has frames, height, width"):
        defaults.with_given(steps=3)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("name =", "nam ="), "'nam' is not known; known are name, submit, source, tried, key_env"),
        (('name = "acme-video-1"', ""), "name is missing"),
        (("[submit]", "[submits]"), "'submits' is not known"),
        (("retries = 2", "retries = 2.5"), r"\[limits\]: retries must be a whole number, found 2.5"),
        (("retries = 2", "retries = true"), "retries must be a whole number"),
        (('done = ["done"]', 'done = "done"'), r"\[poll\]: done must be a list of texts"),
        (("frames = 24", "frame = 24"), r"\[settings\]: 'frame' is not known"),
        (("frames = 24", 'frames = "24"'), "frames must be a whole number"),
        (('"{seed}"', '"{sed}"'), "the body has {sed}; it may have prompt, seed"),
        (('id = "data.id"', ""), "say with id in"),
        (('key_env = "ACME_KEY"', ""), "key_env is missing"),
        (("Bearer {key}", "Bearer sk-123"), "the header Authorization holds a secret; write {key}"),
        (("http://127.0.0.1", "http://api.acme.example"), "the key would go to api.acme.example.* unencrypted"),
        (("http://127.0.0.1", "127.0.0.1"), "must start with https://"),
        (("http://127", "https://user:sk-123@127"), "must start with https:// and a host, found https://127"),
        (("/videos/{id}", "/videos"), "must have {id}, or something else"),
        (("[limits]", '[[failures]]\nthen = "cry"\n[limits]'), "then in .* must be one of final, again.* found 'cry'"),
        (("[limits]", '[[failures]]\nthen = "final"\n[limits]'), "needs a status, or a place in the answer"),
        (("[limits]", "[failures]\n[limits]"), "failures must be tables"),
        (('url = "{output.0.url}"', ""), r"\[download\]: url is missing"),
        (("timeout = 5", "timeout = 0"), "limits must be positive"),
        (("[submit]", "[submit"), "is not TOML"),
    ],
)
def test_descriptions_that_cannot_work(service: Service, tmp_path: Path, change: tuple[str, str], message: str) -> None:
    description = describe(service.url, tmp_path / "acme.toml")
    assert change[0] in description.read_text()
    description.write_text(description.read_text().replace(*change))
    with pytest.raises(UsageError, match=message) as refused:
        catalogue.build(f"http:{description}")
    assert "sk-123" not in str(refused.value)


def test_keys_and_files_that_are_not_there(tmp_path: Path, service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    description = describe(service.url, tmp_path / "acme.toml")
    with pytest.raises(UsageError, match=r"http:SERVICE\.toml, or one of http:fal, http:kling"):
        catalogue.build("http")
    with pytest.raises(UsageError, match="cannot be read: No such file"):
        catalogue.build(f"http:{tmp_path / 'none.toml'}")
    with pytest.raises(UsageError, match=r"Jobs cannot be written down .* --option journal=FILE"):
        answers(description, "a cat", options=("journal=none/at/all",))
    monkeypatch.setenv("ACME_KEY", "k\u00e9y")
    with pytest.raises(UsageError, match="cannot be sent") as refused:
        answers(description, "a cat")
    assert "k\u00e9y" not in str(refused.value)
    monkeypatch.delenv("ACME_KEY")
    with pytest.raises(UsageError, match="set the environment variable ACME_KEY"):
        answers(description, "a cat")


def test_pauses_as_services_state_them() -> None:
    assert _seconds("12") == 12
    assert _seconds("-1") == 0
    assert _seconds("soon") is None
    assert _seconds("") is None
    later = datetime.now(UTC) + timedelta(hours=1)
    stated = _seconds(format_datetime(later, usegmt=True))
    assert stated is not None
    assert 3500 < stated <= 3600
    assert _seconds("Sun, 06 Nov 1994 08:49:37 GMT") == 0
