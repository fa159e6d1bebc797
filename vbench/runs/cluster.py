"""Who scores the videos: workers on the machines of a Ray cluster, one for each GPU, or as many as asked on processors.

Workers only compute, each job on one of them with the models that it has loaded; the process that called writes the
store, so that nothing is shared but rows. A worker whose machine dies is replaced and its job done again elsewhere; a
job that ends one worker after the other is recorded as failed, and the rest goes on. Workers end when the caller ends,
however that comes about.
"""

from __future__ import annotations

import logging
import os
import re
import signal
import socket
import threading
import time
import warnings
from collections import deque
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from vbench import provenance
from vbench.errors import MissingExtra, UsageError, VBenchError, first_line
from vbench.files.cache import CACHE_DIR, cache_dir
from vbench.runs.cluster_head import Head
from vbench.runs.executor import rows_of
from vbench.runs.jobs import Job, first_of, given_up, rest_of
from vbench.runs.store import FAILED, Row
from vbench.worker import WorkerDied

if TYPE_CHECKING:
    import torch

    from vbench.runs.evaluators import Evaluators

ATTEMPTS = 3
"""Workers that may end over one video before it is recorded as failed, and starts that may fail in a row."""

PATIENCE = 600.0
"""Seconds for which no worker at all may be there before a run gives up."""

GLANCE = 0.5
"""Seconds after which it is asked whether somebody wants the run to end."""

QUIET = {"RAY_USAGE_STATS_ENABLED": "0", "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0", "RAY_DEDUP_LOGS": "0"}
"""Nothing is reported to anybody, and no warning is printed that is not about the run."""

EXPECTED = "auto, HOST:PORT or ray://HOST:PORT"


@dataclass
class Cluster:
    """A Ray cluster that this process is connected to.

    Attributes:
        asked: workers that were asked for, where processors compute.
        head: is asked whether it is there.
        machines: what the workers said of where they are.
    """

    ray: Any
    asked: int
    head: Head
    machines: list[Mapping[str, Any]] = field(default_factory=list)

    def device(self, name: str) -> torch.device:
        """Where the workers compute: on the cluster's GPUs where it has some, unless something else is asked for.

        Raises:
            UsageError: the cluster has no GPU, or one GPU of one machine is named.
        """
        import torch

        cards = int(self.ray.cluster_resources().get("GPU", 0))
        if name not in ("auto", "cpu", "cuda"):
            raise UsageError(
                f"On a cluster --device is auto, cpu or cuda; found {name!r}. Each worker has a GPU of its own."
            )
        if name == "cuda" and not cards:
            raise UsageError("The cluster has no GPU: start its nodes with some, or leave out --device cuda.")
        return torch.device("cuda" if cards and name != "cpu" else "cpu")

    def score_all(
        self, jobs: Sequence[Job], evaluators: Evaluators, budget: int, note: Callable[[str], None]
    ) -> Iterator[Row]:
        """The rows of all jobs, those of a job as soon as it is done.

        Args:
            jobs: what to do, grouped so that neighbours need the same dimensions.
            evaluators: who looks; each worker has a copy.
            budget: bytes of decoded frames to keep per video.
            note: is told what a person should read.

        Raises:
            UsageError: the cluster has no place for a worker, or has other packages or checkpoints.
            WorkerDied: no worker can be had any more, or the head has gone; what is stored by then stays.
        """
        names = {name for job in jobs for name in job.evaluated}
        crew = _Crew(self, evaluators, budget, self._places(evaluators.device.type), names, note)
        with _heard_between_calls() as listen:
            try:
                yield from crew.rows(jobs, listen)
            finally:
                crew.end()

    def _places(self, device: str) -> int:
        """How many workers there can be."""
        import torch

        total = self.ray.cluster_resources()
        if device == "cuda":
            return int(total["GPU"])
        threads = torch.get_num_threads()
        nodes = [node["Resources"].get("CPU", 0) for node in self.ray.nodes() if node["Alive"]]
        if not (places := sum(int(cores // threads) for cores in nodes)):
            raise UsageError(
                f"No node of the cluster has {threads} free cores for the threads of a worker; the largest has "
                f"{max(nodes, default=0):g}. Set OMP_NUM_THREADS to so many."
            )
        return min(self.asked, places)


@contextmanager
def connected(address: str, workers: int) -> Iterator[Cluster]:
    """A Ray cluster that is there.

    Args:
        address: ``auto`` for the cluster that this machine belongs to, or ``HOST:PORT`` of its head; ``ray://HOST:PORT``
            of any other's.
        workers: how many look at videos at the same time, where processors compute; of GPUs all are used.

    Raises:
        MissingExtra: Ray is not installed.
        UsageError: there is no such cluster, or one of another version.
    """
    for name, value in QUIET.items():
        os.environ.setdefault(name, value)
    try:
        import ray
    except ModuleNotFoundError as error:
        raise MissingExtra('A cluster needs Ray. Install it with: pip install "vbench-suite[cluster]"') from error
    _refuse_absent(address)
    handlers = _handlers()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what it warns of is said in our words
            ray.init(address, log_to_driver=False, logging_level=logging.ERROR)
    except (ConnectionError, RuntimeError, ValueError, TimeoutError) as error:
        if "mismatch" in str(error):
            raise UsageError(
                f"The Ray cluster at {address} has other versions than here. {_in_one_line(error)}"
            ) from error
        raise UsageError(
            f"There is no Ray cluster at {address} ({first_line(error)}). Start one with: ray start --head, and "
            "on each other machine: ray start --address=HOST:PORT, with the same versions of Python and ray as here."
        ) from error
    finally:
        for number, handler in handlers.items():  # Ray has put its own in their place
            signal.signal(number, handler)
    outside = address.startswith("ray://")
    try:
        yield Cluster(ray, workers, Head("" if outside else ray.get_runtime_context().gcs_address))
    finally:
        ray.shutdown()


def _refuse_absent(address: str) -> None:
    """Say at once that nobody answers, which Ray takes minutes for."""
    if address == "auto":
        return
    found = re.fullmatch(r"(?:ray://)?\[?([^/\s]+?)\]?:(\d{1,5})", address)
    if not found:
        raise UsageError(f"{address!r} is no cluster: expected {EXPECTED}.")
    try:
        socket.create_connection((found[1], int(found[2])), timeout=10).close()
    except (OSError, OverflowError) as error:
        raise UsageError(f"There is no Ray cluster at {address}: {error}. Expected {EXPECTED}.") from error


class _Worker:
    """What runs on a machine of the cluster: the evaluators with their models, loaded once."""

    def __init__(self, evaluators: Evaluators, budget: int, threads: int, environment: Mapping[str, str]) -> None:
        import torch

        from vbench import device as devices

        os.environ.update(environment)
        torch.set_num_threads(threads)  # it shows in the last bits of a matrix product
        evaluators.device = devices.choose(evaluators.device.type)
        self.evaluators, self.budget = evaluators, budget

    def about(self, names: Collection[str]) -> tuple[dict[str, Any], dict[str, str], list[dict[str, Any]], str]:
        """The machine, its packages, with what it judges these dimensions, and its name."""
        about = provenance.machine(self.evaluators.device, self.evaluators.profile.arithmetic)
        return about, provenance.packages(), self.evaluators.identities(names), socket.gethostname()

    def score(self, job: Job) -> list[Row]:
        """The rows of a job; models that it does not need are let go, as neighbours need the same."""
        here = f" (worker on {socket.gethostname()})"
        rows = rows_of(job, self.evaluators, self.budget)
        return [replace(row, reason=row.reason + here) if row.status == FAILED else row for row in rows]


def _share(device: str, threads: int) -> dict[str, Any]:
    """What of a machine a worker asks for; Ray shows a worker with a GPU no other, so that it is its ``cuda``."""
    share = {"num_gpus": 1, "num_cpus": 1} if device == "cuda" else {"num_cpus": threads}
    return {"max_restarts": 0, "max_task_retries": 0, "scheduling_strategy": "SPREAD", **share}


@dataclass
class _Task:
    """A job that is still to do.

    Attributes:
        job: what to do.
        by_video: whether one video after the other, as a worker ended over it as a whole.
        ended: workers that ended over it, or over the video whose turn it is.
    """

    job: Job
    by_video: bool = False
    ended: int = 0

    @property
    def next(self) -> Job:
        """What a worker is to do of it."""
        return first_of(self.job) if self.by_video else self.job

    def after(self, rows: Collection[Row]) -> list[_Task]:
        """What is left of it after these rows."""
        left = rest_of(self.job, rows) if self.by_video else None
        return [_Task(left, by_video=True)] if left else []


class _Crew:
    """The workers of one run, and which job each is at."""

    def __init__(
        self,
        cluster: Cluster,
        evaluators: Evaluators,
        budget: int,
        size: int,
        names: Collection[str],
        note: Callable[[str], None],
    ) -> None:
        import torch

        self.cluster, self.ray, self.size, self.names, self.note = cluster, cluster.ray, size, names, note
        self.identities = evaluators.identities(names)
        threads = torch.get_num_threads()
        environment = {name: value for name, value in os.environ.items() if name.startswith("VBENCH_")}
        if CACHE_DIR in environment:  # workers are elsewhere, on this machine too
            environment[CACHE_DIR] = str(cache_dir().absolute())
        kind = self.ray.remote(**_share(evaluators.device.type, threads))(_Worker)
        given = self.ray.put(evaluators)
        self.hire: Callable[[], Any] = lambda: kind.remote(given, budget, threads, environment)
        self.coming: dict[Any, Any] = {}
        self.at_work: dict[Any, tuple[Any, _Task]] = {}
        self.idle: list[Any] = []
        self.failed_starts = 0

    def rows(self, jobs: Sequence[Job], listen: Callable[[], None]) -> Iterator[Row]:
        """The rows of all jobs."""
        left = deque(_Task(job) for job in jobs)
        seen = time.monotonic()
        while left or self.at_work:
            listen()
            self.cluster.head.refuse_gone()
            wanted = min(self.size, len(left) + len(self.at_work))
            while self.there < wanted:
                worker = self.hire()
                self.coming[worker.about.remote(self.names)] = worker
            while left and self.idle:
                worker, task = self.idle.pop(), left.popleft()
                self.at_work[worker.score.remote(task.next)] = worker, task
            ready, _ = self.ray.wait([*self.at_work, *self.coming], timeout=GLANCE)
            for promise in ready:
                if promise in self.coming:
                    self._welcome(promise)
                    continue
                worker, task = self.at_work.pop(promise)
                try:
                    found = self.ray.get(promise)
                    self.idle.append(worker)
                except self.ray.exceptions.RayTaskError as error:  # not the worker: a fault of ours, told as such
                    raise error.as_instanceof_cause() from error
                except self.ray.exceptions.RayError as error:
                    task.ended, task.by_video = task.ended + 1, True
                    if task.ended < ATTEMPTS:
                        left.appendleft(task)
                        continue
                    found = given_up(task.job, f"{ATTEMPTS} workers ended over it: {_last_line(str(error))}")
                left.extendleft(task.after(found))
                yield from found
            seen = time.monotonic() if self.at_work or self.idle else seen
            if time.monotonic() - seen > PATIENCE:
                raise WorkerDied(
                    f"No worker could be placed on the cluster for {PATIENCE:g} s: other work may hold it. "
                    "What was scored is stored; call again to continue (ray status says what is free)."
                )

    @property
    def there(self) -> int:
        """How many workers there are, and come."""
        return len(self.coming) + len(self.at_work) + len(self.idle)

    def end(self) -> None:
        """Let go of everybody, also of those that are half done."""
        for worker in [*self.coming.values(), *(worker for worker, _ in self.at_work.values()), *self.idle]:
            self.ray.kill(worker)

    def _welcome(self, promise: Any) -> None:
        """A worker has come, or has failed to."""
        worker = self.coming.pop(promise)
        try:
            machine, packages, identities, name = self.ray.get(promise)
        except self.ray.exceptions.RayError as error:
            if isinstance(cause := getattr(error, "cause", None), VBenchError):
                raise cause from error
            self._do_without(f"Workers do not start on the cluster: {_last_line(str(error))}", error)
            return
        self.failed_starts = 0
        if others := _other_packages(packages):
            raise UsageError(
                f"The worker on {name} has other packages than here: {others}. Install the same everywhere."
            )
        if others := "; ".join(_otherwise(self.identities, identities)):
            raise UsageError(
                f"The worker on {name} would not give the scores that are given here: {others}. Checkpoints are to be "
                f"the same everywhere; where they lie on all machines can be said by {CACHE_DIR}."
            )
        self.cluster.machines.append(machine)
        self.idle.append(worker)

    def _do_without(self, why: str, error: Exception) -> None:
        """A start that failed is tried again; after several in a row the others do the work, if there are any."""
        self.failed_starts += 1
        if self.failed_starts < ATTEMPTS:
            return
        if not self.there:
            raise WorkerDied(why) from error
        self.size = self.there
        self.note(f"{why}. The run goes on with {self.size} of them.")


def _other_packages(there: Mapping[str, str]) -> str:
    here = provenance.packages()
    names = sorted(name for name in {*here, *there} if here.get(name) != there.get(name))
    return ", ".join(
        f"{name} {there.get(name, 'not installed')} (here {here.get(name, 'not installed')})" for name in names
    )


def _otherwise(here: Sequence[Mapping[str, Any]], there: Sequence[Mapping[str, Any]]) -> list[str]:
    """In what a worker would judge otherwise than the caller."""
    found = {
        difference: None
        for ours, theirs in zip(here, there, strict=True)
        for name, one in ours.items()
        if isinstance(one, Mapping)  # what is in the caller's own way nobody is asked for
        for difference in _differences(name, one, theirs.get(name, "is not installed"))
    }
    return list(found)


def _differences(what: str, here: Any, there: Any) -> Iterator[str]:
    """What differs, in few words: of a mapping only the entries that do."""
    if isinstance(here, Mapping) and isinstance(there, str):
        yield f"{what}: {there}"
    elif isinstance(here, Mapping) and isinstance(there, Mapping):
        for name in sorted({*here, *there}):
            yield from _differences(f"{what}, {name}", here.get(name), there.get(name))
    elif here != there:
        yield f"{what} {there} (here {here})"


def _in_one_line(error: Exception) -> str:
    """All of a message of Ray's, as it has one fact a line."""
    return re.sub(r"\s*\n\s*", " ", str(error).strip())


def _last_line(text: str) -> str:
    """What a long message of Ray's comes down to."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "no reason was given"


def _handlers() -> dict[int, Any]:
    if threading.current_thread() is not threading.main_thread():
        return {}
    numbers = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
    return {number: signal.getsignal(number) for number in numbers}


@contextmanager
def _heard_between_calls() -> Iterator[Callable[[], None]]:
    """Signals are answered when the function that is given is called: inside a call of Ray an answer is lost."""
    before = {number: handler for number, handler in _handlers().items() if callable(handler)}
    heard: list[int] = []
    for number in before:
        signal.signal(number, lambda number, _: heard.append(number))

    def listen() -> None:
        if heard:
            number = heard.pop()
            before[number](number, None)

    try:
        yield listen
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
