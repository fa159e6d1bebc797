"""A real Ray cluster of two nodes on this machine: equal scores, and what becomes of a run when something dies."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path

import pytest

from tests import toys
from tests.footage import noise, write_video
from tests.parity.checkpoint_cache import seeded_state
from tests.web_folder import WebFolder
from vbench.errors import UsageError
from vbench.parity.checkpoints import save
from vbench.runs.cluster import connected
from vbench.runs.record import INTERRUPTED, read_record
from vbench.runs.results import read_rows
from vbench.runs.store import FAILED, SCORED, Row
from vbench.weights.cards import CHECKPOINTS

pytest.importorskip("ray")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not Path("/proc").is_dir(), reason="processes are watched by way of /proc"),
]

ROOT = Path(__file__).parents[2]

NODES = """
import json, os, socket, sys
from ray.cluster_utils import Cluster
from ray.util.client.server.server import init_and_serve

with socket.socket() as free:
    free.bind(("127.0.0.1", 0))
    port = free.getsockname()[1]
node = {"num_cpus": 1, "object_store_memory": 80 * 2**20}
cluster = Cluster(initialize_head=True, head_node_args={**node, "include_dashboard": False})
elsewhere = {"HOME": os.environ["SECOND_HOME"]}
second = cluster.add_node(**node, num_gpus=2, env_vars=elsewhere)  # GPUs nobody asks for that says --device cpu
served = init_and_serve("127.0.0.1", port, address=cluster.address, log_to_driver=False)  # for callers from outside
process = second.all_processes["raylet"][0].process.pid
print(json.dumps({"address": cluster.address, "outside": f"ray://127.0.0.1:{port}", "second": process}), flush=True)
sys.stdin.read()
cluster.shutdown()
"""

SECONDS = "0.3"
"""How long a worker is at a video: long enough to be met at it."""


@dataclass
class Machines:
    """The cluster, and a folder beside it.

    Attributes:
        folder: with the videos.
        address: of the cluster.
        outside: the same for machines that are none of it.
        second: process of the node that is not the head.
        environment: of the processes that call.
    """

    folder: Path
    address: str
    outside: str
    second: int
    environment: dict[str, str]

    def command(self, run: str, *options: str, videos: str = "videos") -> list[str]:
        return [sys.executable, "-m", "vbench", "evaluate", videos, "--profile", "lite", "--device", "cpu",
                "--output", str(self.folder / run), *options]  # fmt: skip

    def on_cluster(self, run: str, *options: str, **more: str) -> list[str]:
        return self.command(run, "--cluster", self.address, "--workers", "2", *options, **more)

    def call(self, command: list[str], file: int = -1, **more: str) -> subprocess.CompletedProcess[str]:
        environment, files = {**self.environment, **more}, (file,) * (file >= 0)
        return subprocess.run(
            command, cwd=self.folder, env=environment, pass_fds=files, capture_output=True, text=True, timeout=300
        )

    def looked_at(self) -> int:
        """Units that workers have begun."""
        return len((self.folder / "log").read_text().splitlines())

    def until_looked_at(self, count: int, process: subprocess.Popen[str]) -> None:
        deadline = time.monotonic() + 240
        while self.looked_at() < count:
            assert process.poll() is None, process.stderr and process.stderr.read()
            assert time.monotonic() < deadline
            time.sleep(0.05)


def environment_in(folder: Path) -> dict[str, str]:
    """Of processes that have the toys, as if a package brought them."""
    (folder / "log").touch()
    paths = os.pathsep.join(map(str, (toys.site_in(folder), ROOT)))
    return {**os.environ, "PYTHONPATH": paths, "RAY_USAGE_STATS_ENABLED": "0", "OMP_NUM_THREADS": "1"}


@pytest.fixture(scope="module")
def machines(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machines]:
    folder = tmp_path_factory.mktemp("cluster")
    for index in range(12):
        write_video(folder / "videos" / f"a-{index}.mp4", noise(4, seed=index))
    environment = environment_in(folder)
    homes = {"HOME": str(folder / "here"), "SECOND_HOME": str(folder / "there")}
    nodes = {**environment, **homes, "TOY_SECONDS": SECONDS, "TOY_LOG": str(folder / "log")}
    cluster = subprocess.Popen(
        [sys.executable, "-c", NODES], env=nodes, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert cluster.stdout is not None
    told = json.loads(next(line for line in cluster.stdout if line.startswith("{")))
    yield Machines(folder, told["address"], told["outside"], told["second"], environment)
    cluster.communicate(timeout=60)


@pytest.fixture(scope="module")
def alone(machines: Machines) -> list[Row]:
    """The rows of one process."""
    done = machines.call(machines.command("alone", "-d", "brightness", "-d", "motion_smoothness"))
    assert done.returncode == 0, done.stderr
    return rows(machines.folder / "alone")


def rows(run: Path) -> list[Row]:
    return [replace(row, seconds=0.0) for row in read_rows(run)]


def workers() -> set[int]:
    """Processes of workers that are there."""
    found = set()
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if path.read_bytes().startswith(b"ray::_Worker"):
                found.add(int(path.parent.name))
        except OSError:
            continue
    return found


def gone(processes: set[int]) -> bool:
    deadline = time.monotonic() + 60
    while processes & workers() and time.monotonic() < deadline:
        time.sleep(0.1)
    return not processes & workers()


def test_scores_of_videos_at_an_address_called_for_from_outside_are_those_of_one_process_bit_for_bit(
    machines: Machines, alone: list[Row]
) -> None:
    asked = ("--cluster", machines.outside, "-d", "brightness", "-d", "motion_smoothness", "--json")
    with WebFolder(machines.folder / "videos") as web:
        stage = str(machines.folder / "cache")
        done = machines.call(machines.on_cluster("run", *asked, videos=web.address), VBENCH_CACHE_DIR=stage)
        assert {web.asked[f"a-{index}.mp4"] for index in range(12)} == {1}, "all machines of the test have one stage"
    assert done.returncode == 0, done.stderr
    assert rows(machines.folder / "run") == alone
    assert len(alone) == 24
    assert "ray" not in done.stderr.lower()
    assert json.loads(done.stdout)["scored"] == 24
    assert read_record(machines.folder / "run").machine == read_record(machines.folder / "alone").machine
    assert not workers()


def test_what_ends_its_workers_or_is_not_where_they_are_is_recorded_and_the_rest_goes_on(machines: Machines) -> None:
    seen = machines.folder / "seen"
    seen.mkdir()
    for index in range(12):
        (seen / f"a-{index}.mp4").symlink_to(machines.folder / "videos" / f"a-{index}.mp4")
    number = 200
    with (machines.folder / "videos" / "a-0.mp4").open("rb") as file:
        os.dup2(file.fileno(), number)
    (seen / "b-0.mp4").symlink_to(f"/proc/self/fd/{number}")  # which the caller alone has
    asked = ("-d", "deadly", "-d", "brightness")
    done = machines.call(machines.on_cluster("deadly", *asked, videos="seen"), number)
    again = machines.call(machines.on_cluster("deadly", "-d", "deadly", videos="seen"), number)
    os.close(number)
    assert again.returncode == 1
    assert not (machines.folder / "deadly" / ".vbench.at-work").exists()
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    found = [row for row in rows(machines.folder / "deadly") if row.dimension == "brightness"]
    assert {row.video for row in found if row.status == SCORED} == {
        f"a-{index}.mp4" for index in range(12) if index != 1
    }
    ended, unseen = (row.reason for row in found if row.status == FAILED)
    assert ended.startswith("3 workers ended over it: ")
    assert unseen == f"{seen}/b-0.mp4 is a link to nothing (worker on {socket.gethostname()})"


@pytest.mark.parametrize(
    ("seed", "said"),
    [
        (1, "motion_smoothness, checkpoints, amt_s "),
        (None, "motion_smoothness: AMT-S frame interpolation is not there (looked for "),
    ],
)
def test_a_worker_with_another_checkpoint_or_none_is_refused(machines: Machines, seed: int | None, said: str) -> None:
    here, there = machines.folder / "here", machines.folder / "there"
    for home, weights in ((here, 0), (there, seed)):
        file = home / ".cache" / "vbench" / CHECKPOINTS["amt_s"].path
        file.unlink(missing_ok=True)
        if weights is not None:
            file.parent.mkdir(parents=True, exist_ok=True)
            save(seeded_state("amt_s", weights), file, CHECKPOINTS["amt_s"].entry)
    large = machines.folder / "large"
    for index in range(4):
        write_video(large / f"a-{index}.mp4", noise(4, 128, 128, seed=index))
    asked = ("-d", "motion_smoothness", "--profile", "official")
    done = machines.call(machines.on_cluster(f"checkpoint-{seed}", *asked, videos="large"), HOME=str(here))
    assert done.returncode == 2, done.stderr
    assert f"would not give the scores that are given here: {said}" in done.stderr
    assert not [row for row in rows(machines.folder / f"checkpoint-{seed}") if row.status != SCORED]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_workers_end_with_the_caller_and_the_same_command_continues(
    machines: Machines, alone: list[Row], number: signal.Signals
) -> None:
    run = f"stopped-{number}"
    before = machines.looked_at()
    heard = "import signal; signal.signal(2, signal.default_int_handler); from vbench.cli import main; main()"
    command = machines.on_cluster(run, "-d", "brightness")
    command[1:3] = ["-c", heard]  # background shells have their children ignore Ctrl-C
    process = subprocess.Popen(
        command, cwd=machines.folder, env=machines.environment, stderr=subprocess.PIPE, text=True
    )
    machines.until_looked_at(before + 4, process)
    there = workers()
    assert there
    process.send_signal(number)
    _, said = process.communicate(timeout=60)
    assert gone(there)
    if number == signal.SIGINT:
        assert process.returncode == 130
        assert "the same command continues" in said
        assert "Traceback" not in said
        assert read_record(machines.folder / run).status == INTERRUPTED
    done = machines.call(machines.on_cluster(run, "-d", "brightness"))
    assert done.returncode == 0, done.stderr
    assert rows(machines.folder / run) == [row for row in alone if row.dimension == "brightness"]
    assert machines.looked_at() - before < 2 * 12


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("127.0.0.1:9", "There is no Ray cluster at 127.0.0.1:9"),
        ("ray://127.0.0.1:9", "There is no Ray cluster at ray://127.0.0.1:9"),
        ("somewhere", "is no cluster: "),
    ],
)
def test_what_cannot_be_reached_is_said_at_once(address: str, said: str) -> None:
    with pytest.raises(UsageError, match=said), connected(address, 1):
        pass


def test_without_ray_the_command_that_installs_it_is_named(machines: Machines) -> None:
    code = "import sys; sys.modules['ray'] = None; from vbench.cli import main; main()"
    command = machines.on_cluster("none")
    command[1:3] = ["-c", code]
    done = machines.call(command)
    assert done.returncode == 4
    assert 'pip install "vbench-suite[cluster]"' in done.stderr


def test_another_version_of_ray_than_the_clusters_is_told(machines: Machines) -> None:
    code = "import ray; ray.__version__ = '2.0.1'; from vbench.cli import main; main()"
    command = machines.on_cluster("none", "--cluster", machines.outside)
    command[1:3] = ["-c", code]
    done = machines.call(command)
    assert done.returncode == 2
    assert f"The Ray cluster at {machines.outside} has other versions than here. Version mismatch: " in done.stderr
    assert f"Ray: {version('ray')} Python" in done.stderr
    assert "Ray: 2.0.1 Python" in done.stderr


GPUS = """
import os, sys
import ray
from vbench.runs.cluster import _share, connected

class Probe:
    def seen(self):
        return os.environ["CUDA_VISIBLE_DEVICES"]

with connected(sys.argv[1], 1) as cluster:
    print(cluster.device("auto"), cluster._places("cuda"))
    kind = ray.remote(**{**_share("cuda", 8), "num_cpus": 0})(Probe)
    print(*sorted(ray.get([probe.seen.remote() for probe in [kind.remote(), kind.remote()]])))
"""


def test_each_worker_with_a_gpu_sees_that_one_alone(machines: Machines) -> None:
    done = machines.call([sys.executable, "-c", GPUS, machines.address])
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["cuda", "2", "0", "1"]


def test_a_device_of_one_machine_is_refused(machines: Machines) -> None:
    done = machines.call(machines.on_cluster("none", "--device", "cuda:1"))
    assert done.returncode == 2
    assert "--device is auto, cpu or cuda" in done.stderr


def test_a_node_that_is_killed_in_the_middle_changes_no_bit(machines: Machines, alone: list[Row]) -> None:
    before = machines.looked_at()
    command = machines.on_cluster("killed", "-d", "brightness", "-d", "motion_smoothness")
    process = subprocess.Popen(
        command, cwd=machines.folder, env=machines.environment, stderr=subprocess.PIPE, text=True
    )
    machines.until_looked_at(before + 4, process)
    assert len(workers()) == 2
    os.kill(machines.second, signal.SIGKILL)
    _, said = process.communicate(timeout=240)
    assert process.returncode == 0, said
    assert rows(machines.folder / "killed") == alone


BROKEN = """
import json, os, sys
from ray.cluster_utils import Cluster

node = {"num_cpus": 1, "object_store_memory": 80 * 2**20}
cluster = Cluster(initialize_head=True, head_node_args={**node, "include_dashboard": False})
cluster.add_node(**node, env_vars={"PYTHONPATH": os.environ["BROKEN_PATH"]})
print(json.dumps({"address": cluster.address}), flush=True)
sys.stdin.read()
cluster.shutdown()
"""


def test_a_node_on_which_no_worker_starts_is_done_without(tmp_path: Path) -> None:
    for index in range(4):
        write_video(tmp_path / "videos" / f"a-{index}.mp4", noise(4, seed=index))
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "torch.py").write_text("raise OSError('libcuda.so.1: no such file')")
    environment = environment_in(tmp_path)
    nodes = {"BROKEN_PATH": os.pathsep.join(map(str, (tmp_path / "broken", ROOT))), "TOY_SECONDS": "4"}
    cluster = subprocess.Popen(
        [sys.executable, "-c", BROKEN],
        env=environment | nodes,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert cluster.stdout is not None
    told = json.loads(next(line for line in cluster.stdout if line.startswith("{")))
    here = Machines(tmp_path, told["address"], "", 0, environment)
    done = here.call(here.on_cluster("run", "-d", "brightness"))
    cluster.communicate(timeout=60)
    assert done.returncode == 0, done.stderr
    assert "Workers do not start on the cluster: " in done.stderr
    assert "libcuda.so.1: no such file. The run goes on with 1 of them." in done.stderr
    assert [row.status for row in rows(tmp_path / "run")] == [SCORED] * 4
