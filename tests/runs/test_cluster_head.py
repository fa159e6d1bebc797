"""A head that has gone is told before Ray ends the process; by hand so on a cluster whose server was killed."""

from __future__ import annotations

import socket

import pytest

from vbench.runs import cluster_head
from vbench.runs.cluster_head import Head
from vbench.worker import WorkerDied


def test_a_head_that_answers_no_more_ends_the_run_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster_head, "BETWEEN", 0.0)
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"127.0.0.1:{server.getsockname()[1]}"
        head, patient = Head(address, silent=0.0), Head(address, silent=3600.0)
        head.refuse_gone()
    patient.refuse_gone()
    with pytest.raises(WorkerDied, match=f"The head of the cluster at {address} has not answered"):
        head.refuse_gone()


def test_where_rays_own_client_tells_nobody_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster_head, "BETWEEN", 0.0)
    Head("", silent=0.0).refuse_gone()
