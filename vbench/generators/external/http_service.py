"""A hosted model's job API, described by a TOML file, so that a service needs no code.

::

    name = "acme-video-1"                               # for the manifest
    key_env = "ACME_KEY"                                # environment variable with the key, which stands nowhere else
    headers = { Authorization = "Bearer {key}" }        # sent to the hosts of this file, and to no other
    settings = { frames = 120, height = 720, width = 1280, fps = 24 }   # the service's protocol

    [token]                                             # the key signs: {key} is a JWT (HS256), renewed in time
    issuer_env = "ACME_ACCESS_KEY"                      # environment variable with the issuer
    lifetime = 1800                                     # seconds

    [submit]                                            # POST, JSON
    url = "https://api.acme.example/v1/videos"
    body = { prompt = "{prompt}", seed = "{seed}", size = "{width}x{height}" }
    id = "id"                                           # where the answer has the job's id: keys and places, a.b.0
    idempotency = "Idempotency-Key"                     # header, if the service knows one: then no retry pays twice

    [poll]                                              # left out where the answer to submit is already the last one
    url = "https://api.acme.example/v1/videos/{id}"     # {+id} keeps the slashes of operations/17
    state = "status"
    done = ["succeeded"]                                # JSON's true is "true"
    failed = ["failed", "canceled"]                     # final, unless a rule below says otherwise
    absent = false                                      # whether the state may be missing as long as the job runs
    reason = "error.message"
    every = 5                                           # seconds

    [result]                                            # a third step, where the state has no address
    url = "https://api.acme.example/v1/files?id={file_id}"

    [download]                                          # left out where the answer to submit is the video itself
    url = "{output.0.url}"

    [[failures]]                                        # what answers of the service mean; the first that fits holds
    status = [403]                                      # of HTTP, 200 included; any without it
    at = "error.code"                                   # where the answer says more
    values = ["moderat*"]                               # patterns of it; any value without them
    unless = ["0"]                                      # patterns of what is no failure
    reason = "error.message"
    then = "final"

    [limits]
    concurrent = 4                                      # jobs at a time
    per_minute = 60                                     # calls to the service
    timeout = 600                                       # seconds that a job may take
    retries = 3                                         # of a call
    backoff = 1                                         # seconds before the first retry, doubled for each further one
    megabytes = 2048                                    # that a video may have

A body may hold ``{prompt}``, ``{seed}``, ``{index}``, ``{image}`` (as a data URL), its parts ``{image_base64}`` and
``{image_type}``, and every setting. What is unknown, as a setting that nobody stated, is left out of it with its name;
a value that is one placeholder keeps its type. Placeholders of addresses are looked for in the answers, the last first.

A failure is ``final`` (of this prompt; only ``--retry-failed`` submits it again), ``again`` (the next call does),
``wait`` (for this prompt), ``wait_all`` (for all), or ``stop`` (true of the key: nothing more is submitted). Without a
rule 401 and 402 are ``stop``, 429 and 503 ``wait_all``, and every other refusal is ``again``.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, dataclass, field, fields
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, TypeVar, get_type_hints
from urllib.parse import quote, urlsplit

from vbench.errors import UsageError
from vbench.files.text import read_text
from vbench.generators.base import Settings

T = TypeVar("T")

PLACEHOLDER = re.compile(r"\{(\+?[\w.-]+)\}")

IN_BODIES = (
    "prompt", "seed", "index", "image", "image_base64", "image_type", *(one.name for one in fields(Settings)),
)  # fmt: skip

VERDICTS = ("final", "again", "wait", "wait_all", "stop")

READY = Path(__file__).parent / "services"
"""Descriptions that come with the suite, made from public documentation."""

LOOPBACK = ("127.0.0.1", "::1", "localhost")


@dataclass(frozen=True)
class Submit:
    """How a job is submitted."""

    url: str
    body: dict[str, Any]
    id: str = ""
    idempotency: str = ""


@dataclass(frozen=True)
class Poll:
    """How a job is asked after."""

    url: str
    state: str
    done: list[str]
    failed: list[str] = field(default_factory=list)
    absent: bool = False
    reason: str = ""
    every: float = 5.0


@dataclass(frozen=True)
class Result:
    """Where a finished job says where its video lies."""

    url: str


@dataclass(frozen=True)
class Download:
    """Where the video of a finished job lies."""

    url: str


@dataclass(frozen=True)
class Token:
    """How the key signs what is sent as one."""

    issuer_env: str
    lifetime: float = 1800.0


@dataclass(frozen=True)
class Failure:
    """What an answer means."""

    then: str
    status: list[int] = field(default_factory=list)
    at: str = ""
    values: list[str] = field(default_factory=list)
    unless: list[str] = field(default_factory=list)
    reason: str = ""

    def holds(self, status: int, answer: Any) -> bool:
        """Whether an answer is this one.

        >>> moderated = Failure("final", at="code", values=["10??"], unless=["1000"])
        >>> [moderated.holds(200, {"code": code}) for code in (1026, 1000, 0, None)]
        [True, False, False, False]
        """
        if self.status and status not in self.status:
            return False
        if not self.at:
            return True
        value = found(answer, self.at)
        if value is None or _any_fits(self.unless, value):
            return False
        return not self.values or _any_fits(self.values, value)


@dataclass(frozen=True)
class Limits:
    """What the service is never asked beyond."""

    concurrent: int = 1
    per_minute: float = 60.0
    timeout: float = 600.0
    retries: int = 3
    backoff: float = 1.0
    megabytes: float = 2048.0


@dataclass(frozen=True)
class Service:
    """A whole description; see the head of this file."""

    name: str
    submit: Submit
    source: str = ""
    tried: bool = True
    key_env: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    settings: Settings = field(default_factory=Settings)
    token: Token | None = None
    poll: Poll | None = None
    result: Result | None = None
    download: Download | None = None
    failures: tuple[Failure, ...] = ()
    limits: Limits = field(default_factory=Limits)

    @property
    def origins(self) -> set[tuple[str, str]]:
        """Scheme and host of every address that the file itself states; only they are sent the headers."""
        stated = [part.url for part in (self.submit, self.poll, self.result, self.download) if part]
        return {origin(url) for url in stated if not url.startswith("{")}

    def asks_for(self, name: str) -> bool:
        """Whether the body has a place for this."""
        return f"{{{name}}}" in json.dumps(self.submit.body)


def origin(url: str) -> tuple[str, str]:
    """Scheme and host with port of an address."""
    parts = urlsplit(url)
    return parts.scheme, parts.netloc


PARTS: dict[str, type] = {
    "token": Token, "submit": Submit, "poll": Poll, "result": Result, "download": Download, "limits": Limits,
    "settings": Settings,
}  # fmt: skip


def ready_services() -> list[str]:
    """Names of the descriptions that come with the suite."""
    return sorted(path.stem for path in READY.glob("*.toml"))


def read_service(path: Path) -> Service:
    """Read a description.

    Raises:
        UsageError: it cannot be read, or lacks something, or has something that is not known; the message says what.
    """
    try:
        table = tomllib.loads(read_text(path))
    except OSError as error:
        ready = ", ".join(ready_services())
        raise UsageError(f"The service {path} cannot be read: {error.strerror}. Ready ones: {ready}.") from error
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{path} is not TOML: {error}.") from error
    for name, kind in PARTS.items():
        if isinstance(table.get(name), dict):
            table[name] = _typed(kind, table[name], f"{path}, [{name}]")
    rules = table.pop("failures", [])
    if not (isinstance(rules, list) and all(isinstance(rule, dict) for rule in rules)):
        raise UsageError(f"{path}: failures must be tables, [[failures]].")
    table["failures"] = tuple(_typed(Failure, rule, f"{path}, [[failures]]") for rule in rules)
    service = _typed(Service, table, str(path))
    for objection in _objections(service):
        raise UsageError(f"{path}: {objection}")
    return service


def filled(template: Any, values: Mapping[str, Any]) -> Any:
    """A body with its placeholders filled, less what holds an unknown value and what holds nothing else.

    >>> filled({"a": "{x}", "b": ["{x}x{y}", "{z}"], "c": {"d": "{z}"}}, {"x": 1, "y": 2, "z": None})
    {'a': 1, 'b': ['1x2']}
    """
    if isinstance(template, dict):
        pairs = ((name, filled(value, values)) for name, value in template.items())
        known = {name: value for name, value in pairs if value is not None}
        return known if known or not template else None
    if isinstance(template, list):
        return [value for value in (filled(one, values) for one in template) if value is not None]
    if not isinstance(template, str):
        return template
    names = PLACEHOLDER.findall(template)
    if any(values[name] is None for name in names):
        return None
    if len(names) == 1 and template == f"{{{names[0]}}}":
        return values[names[0]]
    return PLACEHOLDER.sub(lambda match: str(values[match[1]]), template)


def address(template: str, value: Callable[[str], Any]) -> str | None:
    """An address with its placeholders filled; ``None`` where a value is missing.

    >>> address("https://a.example/{id}/x", {"id": "1/2"}.get)
    'https://a.example/1%2F2/x'
    >>> address("https://a.example/{+id}", {"id": "operations/1 2"}.get)
    'https://a.example/operations/1%202'
    """
    values = {name: value(name.lstrip("+")) for name in PLACEHOLDER.findall(template)}
    if None in values.values():
        return None
    if template[1:-1] in values:
        return str(values[template[1:-1]])
    return PLACEHOLDER.sub(
        lambda match: quote(str(values[match[1]]), safe="/" if match[1].startswith("+") else ""), template
    )


def found(answer: Any, path: str) -> Any:
    """What an answer has at a path of keys and places, ``None`` where it has nothing there.

    >>> found({"output": [{"url": "x"}]}, "output.0.url")
    'x'
    """
    for step in path.split("."):
        if isinstance(answer, dict):
            answer = answer.get(step)
        elif isinstance(answer, list) and step.isdecimal() and int(step) < len(answer):
            answer = answer[int(step)]
        else:
            return None
    return answer


def as_text(value: Any) -> str:
    """A value of an answer as a description writes it.

    >>> as_text(True), as_text("done"), as_text(1026)
    ('true', 'done', '1026')
    """
    return str(value).lower() if isinstance(value, bool) else str(value)


def _any_fits(patterns: Sequence[str], value: Any) -> bool:
    return any(fnmatchcase(as_text(value), pattern) for pattern in patterns)


def _typed(kind: type[T], table: Mapping[str, Any], where: str) -> T:
    """A part of the description, with nothing missing, unknown or of another type."""
    types = get_type_hints(kind)
    known = {one.name: one for one in fields(kind)}  # type: ignore[arg-type]
    unknown = sorted(set(table) - set(known))
    if unknown:
        raise UsageError(f"{where}: {unknown[0]!r} is not known; known are {', '.join(known)}.")
    for name, one in known.items():
        if name not in table and one.default is MISSING and one.default_factory is MISSING:
            raise UsageError(f"{where}: {name} is missing.")
        if name in table and not _fits(types[name], table[name]):
            raise UsageError(f"{where}: {name} must be {_described(types[name])}, found {table[name]!r}.")
    return kind(**table)


def _fits(kind: Any, value: Any) -> bool:
    choices = getattr(kind, "__args__", None)
    if isinstance(value, bool):
        return kind is bool
    if kind is float:
        return isinstance(value, (int, float))
    if kind == list[str]:
        return isinstance(value, list) and all(isinstance(one, str) for one in value)
    if kind == list[int]:
        return isinstance(value, list) and all(_fits(int, one) for one in value)
    if kind == tuple[Failure, ...]:
        return isinstance(value, tuple)
    if kind == dict[str, str]:
        return isinstance(value, dict) and all(isinstance(one, str) for one in value.values())
    if kind == dict[str, Any]:
        return isinstance(value, dict)
    return any(_fits(one, value) for one in choices) if choices else isinstance(value, kind)


def _described(kind: Any) -> str:
    names = {
        str: "text",
        int: "a whole number",
        float: "a number",
        bool: "true or false",
        list[str]: 'a list of texts (JSON\'s true is "true")',
        list[int]: "a list of whole numbers",
        dict[str, Any]: "a table",
    }
    choices = [one for one in getattr(kind, "__args__", ()) if one is not type(None)]
    return names.get(kind) or (_described(choices[0]) if len(choices) == 1 else "a table")


def _objections(service: Service) -> list[str]:
    """What cannot work, or would not be safe."""
    wrong = []
    unknown = sorted(set(PLACEHOLDER.findall(json.dumps(service.submit.body, default=str))) - set(IN_BODIES))
    if unknown:
        wrong.append(f"the body has {{{unknown[0]}}}; it may have {', '.join(IN_BODIES)}.")
    try:
        json.dumps(service.submit.body, allow_nan=False)
    except (TypeError, ValueError) as error:
        wrong.append(f"the body cannot be sent as JSON: {error}.")
    if service.poll and not service.submit.id:
        wrong.append("[poll] needs to know the job: say with id in [submit] where its answer has it.")
    if service.poll and not service.download:
        wrong.append("[download] is missing: where the video of a finished job lies.")
    if service.result and not service.poll:
        wrong.append("[result] follows on [poll], which is missing.")
    if PLACEHOLDER.search(service.submit.url):
        wrong.append("the address of [submit] takes no placeholder; what is asked for stands in its body.")
    if service.poll and not PLACEHOLDER.search(service.poll.url):
        wrong.append("the address of [poll] must have {id}, or something else of the answer to submit.")
    for rule in service.failures:
        if rule.then not in VERDICTS:
            wrong.append(f"then in [[failures]] must be one of {', '.join(VERDICTS)}, found {rule.then!r}.")
        if not (rule.status or rule.at):
            wrong.append("[[failures]] needs a status, or a place in the answer (at).")
    for scheme, host in sorted(service.origins):
        if scheme not in ("http", "https") or not host or "{" in host or "@" in host:
            wrong.append(f"an address must start with https:// and a host, found {scheme}://{host.rpartition('@')[2]}.")
        elif scheme == "http" and service.key_env and urlsplit(f"//{host}").hostname not in LOOPBACK:
            wrong.append(f"the key would go to {host} unencrypted; use https.")
    for name, value in service.headers.items():
        if re.search("auth|key|token|secret", name, re.IGNORECASE) and "{key}" not in value:
            wrong.append(f"the header {name} holds a secret; write {{key}} in its place, and put it into key_env.")
    if any("{key}" in value for value in service.headers.values()) and not service.key_env:
        wrong.append("key_env is missing: the environment variable that holds the key.")
    if service.token and not service.key_env:
        wrong.append("key_env is missing: the environment variable with the secret that signs the token.")
    limits = service.limits
    if min(limits.concurrent, limits.per_minute, limits.timeout, limits.megabytes) <= 0 or limits.retries < 0:
        wrong.append("limits must be positive.")
    return wrong
