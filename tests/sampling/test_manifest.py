from __future__ import annotations

import json
from pathlib import Path

import pytest

from vbench.errors import UsageError
from vbench.sampling.manifest import SampleRecord, append_record, read_manifest


def test_records_come_back(tmp_path: Path) -> None:
    record = SampleRecord("a/b.mp4", "a cat", 3, "A cat, at dawn, 8k", "gpt", 7, "model", {"steps": 50}, "ab")
    append_record(tmp_path, record)
    assert read_manifest(tmp_path) == [record]
    assert read_manifest(tmp_path / "none") == []


def test_text_is_the_prompt_unless_said_otherwise_and_the_last_line_of_a_file_wins(tmp_path: Path) -> None:
    lines = [{"file": "a.mp4", "prompt": "a cat", "seed": 1}, {"file": "a.mp4", "prompt": "a cat", "seed": 2}]
    (tmp_path / "samples.jsonl").write_text("\n".join(json.dumps(line) for line in lines) + "\n\n")
    (record,) = read_manifest(tmp_path)
    assert (record.text, record.seed) == ("a cat", 2)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('{"file": "../../etc/passwd", "prompt": "a"}', "line 2: the file '../../etc/passwd' leaves the folder"),
        ('{"file": "/etc/passwd", "prompt": "a"}', "leaves the folder"),
        ('{"file": "..\\\\x.mp4", "prompt": "a"}', "leaves the folder"),
        ('{"file": "a.mp4"}', "line 2: prompt is missing"),
        ('{"file": "a.mp4", "prompt": 3}', "prompt must be a str, found 3"),
        ('{"file": "a.mp4", "prompt": "a", "seed": "7"}', "seed must be a int, found '7'"),
        ('{"file": "a.mp4", "prompt": "a", "index": true}', "index must be a int, found True"),
        ('{"file": "a.mp4", "prompt": "a", "sed": 7}', "unknown field 'sed'"),
        ("[]", "line 2: expected an object, found a list"),
        ("{", "line 2: not JSON"),
    ],
)
def test_lines_that_are_no_records_are_refused_with_their_number(tmp_path: Path, line: str, message: str) -> None:
    (tmp_path / "samples.jsonl").write_text('{"file": "fine.mp4", "prompt": "a"}\n' + line + "\n")
    with pytest.raises(UsageError) as caught:
        read_manifest(tmp_path)
    assert message in str(caught.value)
