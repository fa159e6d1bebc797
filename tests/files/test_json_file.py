from __future__ import annotations

from pathlib import Path

import pytest

from vbench.errors import Refused, UsageError
from vbench.files.json_file import read_json
from vbench.files.strict_json import loads
from vbench.prompts.suite import Prompt, read_suite
from vbench.runs.custom_plan import read_prompt_file

BAD = {
    '{"a.mp4": "x", "a.mp4": "y"}': "'a.mp4' stands there twice",
    '{"a.mp4": "\\ud800"}': "half of a pair of surrogates",
    '{"\\udfff": "x"}': "half of a pair of surrogates",
    "[" * 100_000: "nested too deep",
    '{"a.mp4": NaN}': "NaN is no number",
    '{"a.mp4": [1, -1e999]}': "-1e999 is too large",
}


@pytest.mark.parametrize("text", BAD, ids=range(len(BAD)))
def test_what_cannot_be_kept_is_told_where_it_is_read(tmp_path: Path, text: str) -> None:
    (tmp_path / "given.json").write_text(text)
    with pytest.raises(ValueError, match=BAD[text]):
        read_json(tmp_path / "given.json")
    with pytest.raises(UsageError, match=BAD[text]):
        read_prompt_file(tmp_path / "given.json")
    with pytest.raises(UsageError, match=BAD[text]):
        read_suite(tmp_path / "given.json")


def test_a_pair_of_surrogates_is_a_letter(tmp_path: Path) -> None:
    (tmp_path / "given.json").write_text('["\\ud83d\\udc31", "\\\\ud800"]')
    assert read_json(tmp_path / "given.json") == ["🐱", "\\ud800"]


def test_a_prompt_that_is_no_text_is_refused() -> None:
    with pytest.raises(UsageError, match="holds bytes that are not UTF-8"):
        Prompt("caf\udce9")


def test_a_stranger_names_nothing_twice_either() -> None:
    with pytest.raises(Refused, match=r"run\.json is no JSON: 'total' stands there twice"):
        loads('{"total": 1, "total": 2}', "run.json")
