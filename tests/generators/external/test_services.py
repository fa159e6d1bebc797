"""The descriptions that come with the suite, against stand-ins that speak as the services' documentation says."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.generators.external.hosted import ISSUER, Hosted, description_of
from tests.generators.external.test_http import answers, requests
from tests.services import KEY
from vbench.errors import UsageError
from vbench.generators import catalog as catalogue
from vbench.generators.external.http_service import READY, read_service, ready_services


@pytest.fixture
def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ready_services():
        service = read_service(READY / f"{name}.toml")
        monkeypatch.setenv(service.key_env, KEY)
        if service.token:
            monkeypatch.setenv(service.token.issuer_env, ISSUER)


@pytest.mark.usefixtures("keys")
@pytest.mark.parametrize("name", ready_services())
def test_each_ready_service_gives_videos_and_pays_for_nothing_twice(name: str, tmp_path: Path) -> None:
    service = Hosted(tmp_path, name).start()
    try:
        description = description_of(name, service.url, tmp_path / f"{name}.toml")
        prompts = ("a cat", "moderated", "refused", "a dog")
        made, failed = answers(description, *prompts)
        assert set(made) == {"a cat", "a dog"}
        assert made["a cat"]["bytes"] == service.video
        assert set(failed) == {"moderated", "refused"}
        assert "--retry-failed submits it anew" in failed["moderated"]
        assert len(service.submitted) == 3
        answers(description, "moderated", "refused")
        assert len(service.submitted) == 3, "moderation is final"
        answers(description, "moderated", options=("retry_failed=yes",))
        assert len(service.submitted) == 4
        told = str(failed) + "".join(path.read_text() for path in tmp_path.glob("*.jsonl"))
        assert KEY not in told
    finally:
        service.stop()


@pytest.mark.usefixtures("keys")
def test_ready_services_are_called_by_their_names_and_marked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ready_services():
        generator = catalogue.build(f"http:{name}")
        assert generator.provenance["tried"] is False
        assert read_service(READY / f"{name}.toml").source.startswith("https://")
        generator.prepare(requests(READY / f"{name}.toml", "a cat"))
        assert Path(f"{name}.jobs.jsonl").exists(), "jobs are written down in the working folder"
    with pytest.raises(UsageError, match=r"cannot be read: .* Ready ones: fal, kling"):
        catalogue.build("http:klimg")


@pytest.mark.usefixtures("keys")
def test_a_key_that_expired_is_signed_anew(tmp_path: Path) -> None:
    service = Hosted(tmp_path, "kling").start()
    try:
        description = description_of("kling", service.url, tmp_path / "kling.toml")
        description.write_text(description.read_text().replace("lifetime = 1800", "lifetime = 1"))
        service.wants = 2
        made, failed = answers(description, "a cat")
        assert set(made) == {"a cat"}, failed
        assert len(service.submitted) == 1
    finally:
        service.stop()
