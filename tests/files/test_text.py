from __future__ import annotations

import json
from pathlib import Path

import pytest

from vbench.errors import UsageError
from vbench.files.text import read_text
from vbench.prompts.suite import SuiteError, read_category, read_suite
from vbench.runs.custom_plan import read_prompt_file
from vbench.runs.static_filter import prompts_of_list
from vbench.sampling.manifest import read_manifest

ENCODINGS = ["utf-8", "utf-8-sig", "utf-16", "utf-16-le"]


def written(path: Path, text: str, encoding: str) -> Path:
    mark = "\ufeff" if encoding == "utf-16-le" else ""  # which this one does not write by itself
    path.write_bytes((mark + text).encode(encoding))
    return path


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_every_file_of_a_user_is_read_alike(tmp_path: Path, encoding: str) -> None:
    entry = {"prompt_en": "a café", "dimension": ["scene"]}
    assert read_suite(written(tmp_path / "s.json", json.dumps([entry]), encoding)).prompts[0].text == "a café"
    assert read_category(written(tmp_path / "c.txt", "a café\r\na bar\r\n", encoding)).prompts[0].text == "a café"
    assert read_prompt_file(written(tmp_path / "p.json", '{"a.mp4": "a café"}', encoding)) == {"a.mp4": "a café"}
    assert prompts_of_list(written(tmp_path / "l.json", '["a café-0.mp4"]', encoding)) == ["a café"]
    written(tmp_path / "samples.jsonl", '{"file": "a.mp4", "prompt": "a café"}\n', encoding)
    assert [record.prompt for record in read_manifest(tmp_path)] == ["a café"]


def test_what_looks_like_utf_16_and_is_utf_32_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="it is UTF-32: save it as UTF-8"):
        read_prompt_file(written(tmp_path / "p.json", "{}", "utf-32"))


def test_and_refused_alike(tmp_path: Path) -> None:
    file = tmp_path / "samples.jsonl"
    file.write_bytes('{"file": "a.mp4", "prompt": "a café"}'.encode("latin-1"))
    with pytest.raises(ValueError, match="not UTF-8"):
        read_text(file)
    for read in (read_suite, read_category, read_prompt_file, prompts_of_list):
        with pytest.raises((UsageError, SuiteError), match="not UTF-8"):
            read(file)
    with pytest.raises(UsageError, match="not UTF-8"):
        read_manifest(tmp_path)
