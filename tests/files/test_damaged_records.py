"""Files that are damaged, of another form or made to do harm: whoever reads them refuses in words, and at once."""

from __future__ import annotations

import copy
import errno
import io
import json
import pickle
import shutil
import sqlite3
import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save

from tests.damaged import damaged, refusals
from vbench.analysis.annotations import read_annotations, read_scores
from vbench.dimensions.backbones.q16 import read_prompts
from vbench.dimensions.backbones.wordpiece import PIECES, WordPiece
from vbench.distances.frechet import Moments
from vbench.distances.protocols import PROTOCOLS, with_settings
from vbench.distances.reference import Reference, content_of_reference, protocol_of, read_reference
from vbench.distances.result import Distance, compare, read_results, text_of
from vbench.distances.store import FeatureStore
from vbench.errors import Refused, VBenchError
from vbench.files import kept_digests, lock
from vbench.files.json_file import json_of
from vbench.files.kept_digests import FileState
from vbench.files.strict_json import loads
from vbench.generators.external.directory import _rows
from vbench.generators.external.http_journal import Journal
from vbench.generators.recipe import read_recipe, read_table
from vbench.leaderboard import receipts
from vbench.prompts.suite import read_suite
from vbench.runs.record import RECORD, read_record
from vbench.runs.results import read_score_card
from vbench.runs.static_filter import _entry
from vbench.runs.store import RunStore
from vbench.sampling import story
from vbench.sampling.manifest import SampleRecord, read_manifest
from vbench.sampling.record import read_sampling
from vbench.sampling.story_file import read_story
from vbench.weights import revisions, safetensors_files
from vbench.weights.load import read_tensors, unwrapped

VBENCH = Path(__file__).parents[2] / "vbench"
RUN = Path(__file__).parents[1] / "runs" / "fixtures" / "v5"

CHANGES = 150

changed_bytes = partial(damaged, seed="", cuts=200, changes=CHANGES)
"""Copies that are cut, and with some bytes changed."""

KINDS: list[Any] = [
    None, True, 0, -1, 10**400, 1.5, float("inf"), "", "x", "\ud800", [], ["x"], [1, None], {}, {"a": 1},
    {"a": {"b": []}},
]  # fmt: skip

DEEP = b"[" * 100_000

TEXTS = [
    b"", b"\0", DEEP, b'{"a":' * 100_000, b"[" + b"1" * 5000 + b"]", b"NaN", b'"' * 100_000, b"\xff\xfe\x00",
    b"\xef\xbb\xbf{}", "{}".encode("utf-16"), "{}".encode("utf-32"), b"\n" * 100_000, b"\xe9",
]  # fmt: skip


def places(value: Any, place: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield place
    for name in value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ():
        yield from places(value[name], (*place, name))


def of_other_kinds(value: Any) -> Iterator[bytes]:
    """The same as JSON, with what stands at each place replaced by a value of each kind, or left out."""
    for *way, last in filter(None, places(value)):
        for kind in (*KINDS, ...):
            changed = copy.deepcopy(value)
            inside = changed
            for step in way:
                inside = inside[step]
            if kind is ...:
                del inside[last]
            else:
                inside[last] = kind
            yield json.dumps(changed).encode()
    yield from (json.dumps(kind).encode() for kind in KINDS)


def other_forms(value: Any) -> Iterator[bytes]:
    content = json.dumps(value, indent=1).encode()
    yield from (*of_other_kinds(value), *TEXTS, *changed_bytes(content))


SAMPLE = asdict(SampleRecord("a-0.mp4", "a", settings={"steps": 3}, flaws=[], measured={"frames": 3}))

JUDGED = {"prompt_en": "a", "videos": {"A": "x", "B": "y"}, "human_anno": {"A": {"B": 1}, "B": {"A": 0}}}

MODEL_FILE = {
    "model": "wan2.2-t2v-a14b", "settings": {"steps": 30}, "options": {"dtype": "bfloat16"}, "set": {"g": 3.0},
    "scheduler": {"class": "X", "shift": 8.0}, "loras": [{"file": "a.safetensors", "weight": 0.8}],
    "enhancers": {"zeroscope-xl": {"set": {"strength": 0.5}}},
}  # fmt: skip

STORY = {"title": "a", "scenes": [{"prompt": "a", "seed": 1, "transition": {"prompt": "b", "seed": 3}}, "b"]}

PROTOCOL = next(iter(PROTOCOLS.values()))
NETWORK = {"name": "i3d", "checkpoints": {"i3d": {"sha256": "0" * 64}}}
SIDE = {"digest": "0", "videos": 20, "windows": 20}

FIGURE = Distance(
    "fvd", "FVD", 3.0, True, [1.0, 2.0], [{"real": 1, "generated": 2, "value": 3.0}], None, None, 3, PROTOCOL.plain(),
    NETWORK, SIDE, SIDE, [], {}, {}, "2026",
)  # fmt: skip


SENT = asdict(receipts.Sent("a", "b", "c", "d", 3))


def compare_all(path: Path) -> None:
    for one in read_results(path):
        compare(FIGURE, one)


def read_jobs(path: Path) -> None:
    journal = Journal(path)
    journal.close("abc")
    assert journal.attempt("abc")


READERS: dict[str, tuple[str, Any, Callable[[Path], object]]] = {
    "a run": (RECORD, json.loads((RUN / RECORD).read_text()), lambda path: read_record(path.parent)),
    "a sampling": ("sampling.json", {"version": 2, "model": "a", "suite": {}}, lambda path: read_sampling(path.parent)),
    "a manifest": ("samples.jsonl", SAMPLE, lambda path: read_manifest(path.parent)),
    "a story's record": (story.NAME, {"version": 1, "parts": []}, lambda path: story._read(path.parent)),
    "a suite": ("a.json", [{"prompt_en": "a", "dimension": ["color"], "auxiliary_info": {}}], read_suite),
    "labels": ("color.json", [JUDGED], read_annotations),
    "scores of others": ("a.json", [{"model": "a", "dimension": "color", "score": 0.5}], read_scores),
    "a model file": ("a.yaml", MODEL_FILE, lambda path: read_recipe(str(path))),
    "a story": ("a.yaml", STORY, read_story),
    "distances": ("a.json", json.loads(text_of([FIGURE])), compare_all),
    "an index": ("a.safetensors.index.json", {"weight_map": {"a": "a.safetensors"}}, read_tensors),
    "pins": ("cache/revisions.json", {"a/b@main": "0" * 40}, lambda _: revisions.read_at("a/b", "main")),
    "a receipt": ("vbench/submissions/a.json", SENT, lambda _: receipts.token_of("a", 3)),
    "jobs": ("a.jsonl", {"ticket": "abc", "job": "1", "answer": {"id": 1}}, read_jobs),
    "verdicts": ("a.jsonl", {"video": "a", "static": True}, lambda path: _entry(path.read_text(errors="replace"))),
    "a table of videos": ("a.json", [{"file": "a", "prompt": "b"}], lambda path: list(_rows(path))),
}  # fmt: skip


@pytest.fixture
def kept_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VBENCH_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))


@pytest.mark.usefixtures("kept_here")
@pytest.mark.parametrize("reader", READERS)
def test_a_record_of_another_form_is_refused_in_words(reader: str, tmp_path: Path) -> None:
    name, value, read = READERS[reader]
    never = reader in ("verdicts", "jobs")  # a line that is none is passed over
    assert never or refusals(tmp_path / name, other_forms(value), read, also=errno.ENAMETOOLONG) > len(TEXTS) / 2
    if reader == "jobs":
        line = json.dumps(value).encode() + b"\n"
        refusals(tmp_path / name, (line + other + b"\n" for other in other_forms(value)), read)
    elif never:
        refusals(tmp_path / name, other_forms(value), read, also=errno.ENAMETOOLONG)


def test_a_run_of_another_form_has_no_card(tmp_path: Path) -> None:
    shutil.copytree(RUN, tmp_path / "run")
    record = json.loads((RUN / RECORD).read_text())
    asked = {name: record[name] for name in ("benchmark", "suite", "dimensions", "planned", "not_evaluated", "mode")}
    contents = (json.dumps(record | json.loads(one)).encode() for one in of_other_kinds(asked) if one[:1] == b"{")
    assert refusals(tmp_path / "run" / RECORD, contents, lambda path: read_score_card(path.parent)) > len(KINDS)


def test_a_name_that_stands_there_twice_is_found_at_once() -> None:
    """Four hundred thousand names, which were each looked for among all."""
    text = "{" + ",".join(f'"{number}":0' for number in range(400_000)) + ',"399999":1}'
    with pytest.raises(ValueError, match="'399999' stands there twice"):
        json_of(text)
    with pytest.raises(Refused, match="'399999' stands there twice"):
        loads(text, "The body")


@pytest.mark.parametrize(
    "text",
    [
        "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
        + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 12)),
        "a: &a [*a]", "a: 2001-99-99", "a: !!int x", "a: !!bool x", "a: !!timestamp x", "a: " + "1" * 5000,
    ],
)  # fmt: skip
def test_yaml_that_is_none_or_fills_the_memory_is_refused(text: str, tmp_path: Path) -> None:
    assert refusals(tmp_path / "a.yaml", [text.encode()], read_table) == 1


def test_nothing_else_calls_the_parser_of_json() -> None:
    """What it raises over lists that are nested without end is no ValueError; a round trip of our own may."""
    own = [VBENCH / "files" / "json_file.py", VBENCH / "parity" / "seeded.py"]  # the second is copied to other programs
    calls = [
        f"{path}: {line}"
        for path in VBENCH.rglob("*.py")
        if path not in own
        for line in path.read_text().splitlines()
        if ("json.loads(" in line and "json.loads(json.dumps(" not in line) or "json.load(" in line
    ]
    assert calls == []


# SQLite


def without_log(path: Path) -> bytes:
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA journal_mode=DELETE")
    connection.close()
    return path.read_bytes()


def with_cells(path: Path, table: str, columns: Iterable[str]) -> Iterator[bytes]:
    """The same with the first row's cells replaced."""
    whole = path.read_bytes()
    for column in columns:
        for value in (0, -1, 1.5, float("inf"), 10**12, "", "x", "[]", "{}", "null", DEEP.decode(), b"\xff\0", b""):
            path.write_bytes(whole)
            connection = sqlite3.connect(path)
            try:
                where = f"WHERE rowid = (SELECT min(rowid) FROM {table})"
                connection.execute(f'UPDATE {table} SET "{column}" = ? {where}', (value,))
                connection.commit()
            finally:
                connection.close()
            yield path.read_bytes()
    path.write_bytes(whole)


def read_run(path: Path) -> None:
    read_score_card(path.parent)
    store = RunStore(path)
    list(store.rows())
    store.close()


def test_a_damaged_store_of_a_run_is_told(tmp_path: Path) -> None:
    shutil.copytree(RUN, tmp_path / "run")
    content = without_log(tmp_path / "run" / "run.sqlite")
    (tmp_path / "a.sqlite").write_bytes(content)
    cells = with_cells(tmp_path / "a.sqlite", "score", ("facts", "value", "weight", "frames", "details", "seconds"))
    assert refusals(tmp_path / "run" / "run.sqlite", cells, read_run) > len(KINDS)
    assert refusals(tmp_path / "run" / "run.sqlite", changed_bytes(content), read_run) > CHANGES / 2


def test_who_cannot_open_a_store_holds_nothing_of_it(tmp_path: Path) -> None:
    """A connection that stays open keeps its lock, and the next call in the process waits for it a minute."""
    path = tmp_path / "run.sqlite"
    RunStore(path).close()
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version=9")
    connection.close()
    with pytest.raises(VBenchError, match="newer") as kept:  # the error is kept, and with it whoever raised it
        RunStore(path)
    assert kept.value
    assert not path.with_name("run.sqlite-wal").exists()


def test_a_store_that_is_a_link_to_itself_is_told(tmp_path: Path) -> None:
    shutil.copytree(RUN, tmp_path / "run")
    path = tmp_path / "run" / "run.sqlite"
    path.unlink()
    path.symlink_to(path.name)
    with pytest.raises(VBenchError):
        read_score_card(path.parent)


def test_damaged_features_are_told(tmp_path: Path) -> None:
    store = FeatureStore(tmp_path)
    store.put("k", {"a": np.ones((3, 8), np.float32)}, {"machine": {}, "packages": {}})
    store.close()
    content = without_log(store.path)
    (tmp_path / "a.sqlite").write_bytes(content)

    def read(path: Path) -> None:
        store = FeatureStore(path.parent)
        try:
            store.get("k", "a")
            store.made_with(["k"])
        finally:
            store.close()

    assert refusals(store.path, changed_bytes(content), read) > CHANGES / 4
    with sqlite3.connect(tmp_path / "a.sqlite") as connection:
        connection.execute("UPDATE feature SET width = 7")
    connection.close()
    assert refusals(store.path, [without_log(tmp_path / "a.sqlite")], read) == 1


@pytest.mark.usefixtures("kept_here")
def test_damaged_digests_are_made_anew(tmp_path: Path) -> None:
    large = tmp_path / "large"
    large.write_bytes(bytes(kept_digests.WORTH))
    state = FileState.of(large)
    kept_digests.keep("sha256", state, "0")
    path = tmp_path / "cache" / kept_digests.NAME
    content = path.read_bytes()
    other = content.replace(b"    proof TEXT", b"    prove TEXT")
    unknown = content[:44] + b"\0\0\0\xff" + content[48:]
    wrong = content.replace(b"digest_1", b"digest\xff1")
    assert content not in (other, unknown, wrong)
    for one in (other, unknown, wrong, *changed_bytes(content)):
        path.unlink(missing_ok=True)
        path.write_bytes(one)
        assert kept_digests.kept("sha256", state) in (None, "0")
        for _ in range(2):  # the first may only clear the place
            kept_digests.keep("sha256", state, "0")
        if one in (other, unknown, wrong):
            assert kept_digests.kept("sha256", state) == "0"


# checkpoints


def weights() -> dict[str, torch.Tensor]:
    return {"a.weight": torch.ones(3, 4), "b": torch.ones(2, dtype=torch.float16)}


def with_header(header: bytes, body: bytes) -> bytes:
    return len(header).to_bytes(8, "little") + header + body


def test_a_safetensors_header_of_another_form_is_refused(tmp_path: Path) -> None:
    whole = save(weights())
    start = 8 + int.from_bytes(whole[:8], "little")
    headers = [*of_other_kinds(json.loads(whole[8:start])), *TEXTS]
    lengths = [size.to_bytes(8, "little") + whole[8:] for size in (0, 1, 1 << 31, 1 << 63, (1 << 64) - 1, len(whole))]
    contents = [*(with_header(one, whole[start:]) for one in headers), *lengths, *changed_bytes(whole)]
    path = tmp_path / "a.safetensors"
    assert refusals(path, contents, safetensors_files.headers) > len(headers) / 2
    assert refusals(path, contents, read_tensors) > len(headers) / 2


OF_MUCH_MEMORY = b"\x80\x03]r" + (1 << 28).to_bytes(4, "little") + b"."
"""A pickle of a list that is to be remembered under a large number, for which a table as long would be made."""


def with_record_changed(whole: bytes) -> Iterator[bytes]:
    """A zip with bytes of its pickle changed, and the checksum of what it is then."""
    archive = zipfile.ZipFile(io.BytesIO(whole))
    records = {one: archive.read(one) for one in archive.namelist()}
    (name,) = (one for one in records if one.endswith("data.pkl"))
    for changed in (OF_MUCH_MEMORY, *changed_bytes(records[name])):
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w") as other:
            for one, content in (records | {name: changed}).items():
                other.writestr(one, content)
        yield file.getvalue()


class Scripted(torch.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layer = torch.nn.Linear(3, 4)

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        out: torch.Tensor = self.layer(values)
        return out


def of_several_disks(whole: bytes) -> bytes:
    """A zip that says it goes on on other disks, as one wrong byte does."""
    end = whole.rindex(b"PK\x06\x07")
    return whole[: end + 16] + b"\x07" + whole[end + 17 :]


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
@pytest.mark.filterwarnings("ignore:Detected pickle protocol")
@pytest.mark.parametrize("kind", ["a zip", "of old", "TorchScript"])
def test_a_damaged_checkpoint_is_refused(kind: str, tmp_path: Path) -> None:
    file = io.BytesIO()
    if kind == "TorchScript":
        torch.jit.save(torch.jit.script(Scripted()), file)
    else:
        torch.save({"state_dict": weights()}, file, _use_new_zipfile_serialization=kind == "a zip")
    whole, path = file.getvalue(), tmp_path / "a.pth"
    contents = changed_bytes(whole) if kind == "of old" else [*with_record_changed(whole), *changed_bytes(whole)]
    assert refusals(path, contents, lambda path: unwrapped(read_tensors(path), "", path)) > CHANGES
    if kind != "of old":
        assert refusals(path, [of_several_disks(whole)], read_tensors) == 1


def test_a_damaged_array_or_vocabulary_is_refused(tmp_path: Path) -> None:
    array = pickle.dumps(np.ones((2, 512), np.float16))
    contents = (one + array[200:] for one in changed_bytes(array[:200]))
    assert refusals(tmp_path / "a.p", contents, read_prompts) > CHANGES / 2
    assert refusals(tmp_path / "a.p", [OF_MUCH_MEMORY], read_prompts) == 1
    pieces = [f"[x{number}]" for number in range(PIECES)]
    pieces[101], pieces[102] = "[CLS]", "[SEP]"
    assert refusals(tmp_path / "a.txt", ["\n".join(pieces).encode()], WordPiece.from_vocabulary) == 1


@pytest.mark.filterwarnings("ignore::numpy.exceptions.ComplexWarning")
def test_a_reference_of_another_form_is_refused(tmp_path: Path) -> None:
    moments = Moments(np.zeros(4), np.eye(4), 20)
    whole = content_of_reference(Reference(moments, PROTOCOL.metrics[0], PROTOCOL.plain(), NETWORK, SIDE))
    with np.load(io.BytesIO(whole)) as arrays:
        found = dict(arrays)

    def packed(**changed: Any) -> bytes:
        file = io.BytesIO()
        np.savez(file, **(found | changed))
        return file.getvalue()

    abouts = [*of_other_kinds(json.loads(found["about"].tobytes())), *TEXTS]
    contents = [packed(about=np.frombuffer(one, np.uint8)) for one in abouts]
    arrays = [np.array("x"), np.zeros(4, complex), np.zeros(4, "M8[s]"), np.zeros(4, [("a", "f4")]), np.full(4, np.nan)]
    contents += [packed(**{name: one}) for one in arrays for name in ("mean", "factor")]
    refused = refusals(tmp_path / "a.npz", contents, lambda path: with_settings(protocol_of(read_reference(path)), {}))
    assert refused > len(KINDS)


def test_a_reference_that_says_it_is_large_is_refused(tmp_path: Path) -> None:
    head, file = io.BytesIO(), io.BytesIO()
    shape = {"descr": "<f8", "fortran_order": False, "shape": (3 * 10**14,)}
    np.lib.format.write_array_header_1_0(head, shape)
    with zipfile.ZipFile(file, "w") as archive:
        for name in ("about", "mean", "factor"):
            archive.writestr(f"{name}.npy", head.getvalue())
    assert refusals(tmp_path / "a.npz", [file.getvalue()], read_reference) == 1


# locks


@pytest.mark.parametrize("content", [b"\xff\xfe\0", b"1" * 5000, b"9" * 20, "²".encode()])
def test_a_lock_that_nobody_wrote_is_cleared(content: bytes, tmp_path: Path) -> None:
    (tmp_path / lock.NAME).write_bytes(content)
    with lock.alone_in(tmp_path):
        assert (tmp_path / lock.NAME).read_bytes() != content
