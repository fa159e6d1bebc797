"""Stand-ins on the loopback interface that speak as the hosted services do, by the shapes of their documentation.

What a job comes to is said by its prompt: ``moderated`` was accepted and is refused afterwards, ``refused`` is refused
at once, everything else becomes a video.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.services import KEY, Handler, Service
from vbench.generators.external.http_service import READY

ISSUER = "issuer-7"

Answer = Callable[[str, str], dict[str, Any]]
"""From the address of the service and the id of a job to what is answered."""


@dataclass(frozen=True)
class Shape:
    """What a service answers.

    Attributes:
        prompt: where a body has it.
        accepted: to submit.
        running: to a poll.
        done: to a poll, or to the third step where there is one.
        moderated: in place of ``done``.
        refused: status and body, to submit.
        state: to a poll of a job that is done, where there is a third step.
        ends: status of ``moderated``.
        header: that the key stands in.
    """

    prompt: Callable[[Any], str]
    accepted: Answer
    running: Answer
    done: Answer
    moderated: Answer
    refused: tuple[int, Any]
    state: Answer | None = None
    ends: int = 200
    header: tuple[str, str] = ("Authorization", f"Bearer {KEY}")


def _video(url: str, job: str) -> str:
    return f"{url}/files/{job}.mp4?signature=s3cret"


def _veo(job: str, **more: Any) -> dict[str, Any]:
    return {"name": f"models/veo-3.1-generate-preview/operations/{job}", **more}


def _kling(job: str, state: str, **more: Any) -> dict[str, Any]:
    return {"code": 0, "message": "SUCCEED", "data": {"task_id": job, "task_status": state, **more}}


def _minimax(**more: Any) -> dict[str, Any]:
    return {"base_resp": {"status_code": 0, "status_msg": "success"}, **more}


def _fal(url: str, job: str, state: str, **more: Any) -> dict[str, Any]:
    place = f"{url}/fal-ai/model/requests/{job}"
    return {"request_id": job, "status": state, "status_url": f"{place}/status", "response_url": place, **more}


MODERATION = [{"loc": ["body", "prompt"], "msg": "flagged by a checker", "type": "content_policy_violation"}]

FAL = Shape(
    prompt=lambda body: str(body["prompt"]),
    accepted=lambda url, job: _fal(url, job, "IN_QUEUE"),
    running=lambda url, job: _fal(url, job, "IN_PROGRESS"),
    state=lambda url, job: _fal(url, job, "COMPLETED"),
    done=lambda url, job: {"video": {"url": _video(url, job)}, "seed": 3},
    moderated=lambda url, job: {"detail": MODERATION},
    ends=422,
    refused=(422, {"detail": MODERATION}),
    header=("Authorization", f"Key {KEY}"),
)

SHAPES = {
    "veo": Shape(
        prompt=lambda body: str(body["instances"][0]["prompt"]),
        accepted=lambda url, job: _veo(job),
        running=lambda url, job: _veo(job, metadata={}),
        done=lambda url, job: _veo(
            job,
            done=True,
            response={"generateVideoResponse": {"generatedSamples": [{"video": {"uri": _video(url, job)}}]}},
        ),
        moderated=lambda url, job: _veo(
            job, done=True, response={"generateVideoResponse": {"raiMediaFilteredReasons": ["it is not allowed"]}}
        ),
        refused=(400, {"error": {"code": 400, "status": "INVALID_ARGUMENT", "message": "not this prompt"}}),
        header=("x-goog-api-key", KEY),
    ),
    "kling": Shape(
        prompt=lambda body: str(body["prompt"]),
        accepted=lambda url, job: _kling(job, "submitted"),
        running=lambda url, job: _kling(job, "processing"),
        done=lambda url, job: _kling(job, "succeed", task_result={"videos": [{"url": _video(url, job)}]}),
        moderated=lambda url, job: _kling(job, "failed", task_status_msg="it is not allowed"),
        refused=(400, {"code": 1301, "message": "content policy"}),
    ),
    "runway": Shape(
        prompt=lambda body: str(body["promptText"]),
        accepted=lambda url, job: {"id": job},
        running=lambda url, job: {"id": job, "status": "THROTTLED"},
        done=lambda url, job: {"id": job, "status": "SUCCEEDED", "output": [_video(url, job)]},
        moderated=lambda url, job: {"status": "FAILED", "failure": "not allowed", "failureCode": "SAFETY.INPUT.TEXT"},
        refused=(400, {"error": "Validation of body failed"}),
    ),
    "minimax": Shape(
        prompt=lambda body: str(body["prompt"]),
        accepted=lambda url, job: _minimax(task_id=job),
        running=lambda url, job: _minimax(task_id=job, status="Processing", file_id=""),
        state=lambda url, job: _minimax(task_id=job, status="Success", file_id=f"file of {job}"),
        done=lambda url, job: _minimax(file={"download_url": _video(url, job)}),
        moderated=lambda url, job: {"base_resp": {"status_code": 1027, "status_msg": "sensitive output"}},
        refused=(200, {"base_resp": {"status_code": 1026, "status_msg": "sensitive prompt"}}),
    ),
    "luma": Shape(
        prompt=lambda body: str(body["prompt"]),
        accepted=lambda url, job: {"id": job, "state": "queued"},
        running=lambda url, job: {"id": job, "state": "dreaming", "assets": None},
        done=lambda url, job: {"id": job, "state": "completed", "assets": {"video": _video(url, job)}},
        moderated=lambda url, job: {"id": job, "state": "failed", "failure_reason": "it is not allowed"},
        refused=(400, {"detail": "Prompt failed moderation"}),
    ),
    "fal": FAL,
    "pika": FAL,
    "replicate": Shape(
        prompt=lambda body: str(body["input"]["prompt"]),
        accepted=lambda url, job: {"id": job, "status": "starting", "output": None},
        running=lambda url, job: {"id": job, "status": "processing", "error": None},
        done=lambda url, job: {"id": job, "status": "succeeded", "output": _video(url, job), "error": None},
        moderated=lambda url, job: {"id": job, "status": "failed", "error": "NSFW content detected"},
        refused=(422, {"detail": "input is not valid"}),
    ),
}


class Hosted(Service):
    """One of the services.

    Attributes:
        wants: so many different keys before a job ends; a job is running at the first look in any case.
    """

    def __init__(self, folder: Path, name: str) -> None:
        super().__init__(folder)
        self.shape, self.signs = SHAPES[name], name == "kling"
        self.wants = 0

    def _allows(self, call: Handler) -> bool:
        name, expected = self.shape.header
        sent = call.headers.get(name, "")
        if not self.signs:
            return sent == expected
        token = sent.removeprefix("Bearer ")
        return _is_signed(token)

    def submit(self, call: Handler, body: dict[str, Any]) -> None:
        prompt = self.shape.prompt(body)
        self.times[prompt] += 1
        if not self._allows(call):
            call.answer(401, {"code": 1004, "message": "Authorization has expired"})
        elif prompt == "refused":
            call.answer(*self.shape.refused)
        else:
            job = f"job-{len(self.submitted) + 1}"
            self.submitted[job] = {"prompt": prompt, "body": body}
            call.answer(200, self.shape.accepted(self.url, job))

    def look(self, call: Handler, path: str) -> None:
        job = re.findall(r"job-\d+", call.path)[-1]
        if path.startswith("/files/job-"):
            call.answer(200, self.video)
            return
        if not self._allows(call):
            call.answer(401, {"code": 1004, "message": "Authorization has expired"})
            return
        last = not self.shape.state or "retrieve" in path or path.endswith(job)
        self.times[f"{job} {last}"] += 1
        running = self.times[f"{job} {last}"] == 1 or len(set(self.keys)) < self.wants
        if running and not (self.shape.state and last):
            call.answer(202, self.shape.running(self.url, job))
        elif self.shape.state and not last:
            call.answer(200, self.shape.state(self.url, job))
        elif self.submitted[job]["prompt"] == "moderated":
            call.answer(self.shape.ends, self.shape.moderated(self.url, job))
        else:
            call.answer(200, self.shape.done(self.url, job))


def _is_signed(token: str) -> bool:
    """Whether a token is one of ours and of this time."""
    parts = token.split(".")
    if len(parts) != 3:
        return False
    head, claims = (json.loads(base64.urlsafe_b64decode(part + "==")) for part in parts[:2])
    expected = hmac.new(KEY.encode(), ".".join(parts[:2]).encode(), hashlib.sha256).digest()
    right = hmac.compare_digest(base64.urlsafe_b64decode(parts[2] + "=="), expected)
    in_time = claims["nbf"] <= time.time() < claims["exp"]
    return right and in_time and head == {"alg": "HS256", "typ": "JWT"} and claims["iss"] == ISSUER


def description_of(name: str, url: str, path: Path) -> Path:
    """The description that comes with the suite, with the service's host replaced and nothing to wait for."""
    text = re.sub(r'"https://(?!.*(?:docs|document))[^/"]+/', f'"{url}/', (READY / f"{name}.toml").read_text())
    text = re.sub(r"every = \d+", "every = 0.01", text)
    text = re.sub(r"per_minute = \d+", "per_minute = 100000\nbackoff = 0.01", text)
    path.write_text(text)
    return path
