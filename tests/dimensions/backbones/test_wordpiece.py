"""The word pieces: against the library that the reference uses, and on what only we have to decide."""

from __future__ import annotations

from pathlib import Path

import pytest

from vbench.dimensions.backbones.wordpiece import BEGIN, END, WordPiece, close_up
from vbench.errors import CheckpointError
from vbench.weights.cards import locate


@pytest.fixture(scope="module")
def wordpiece() -> WordPiece:
    return WordPiece.from_vocabulary(locate("bert_vocabulary"))


TEXTS = (
    "a picture of ",
    "Déjà vu: isn't it 3.5 snowmen's?",
    "日本 unaffable",
    "tabs\tand\nlines",
    "",
)


@pytest.mark.parametrize("text", TEXTS)
def test_ids_are_those_of_transformers(wordpiece: WordPiece, text: str) -> None:
    transformers = pytest.importorskip("transformers")
    theirs = transformers.BertTokenizer(str(locate("bert_vocabulary")))
    assert wordpiece.encode(text) == theirs(text, add_special_tokens=False)["input_ids"]


def test_vocabulary_is_whole(wordpiece: WordPiece) -> None:
    assert len(wordpiece) == 30522
    assert wordpiece.pieces[BEGIN] == "[CLS]"
    assert wordpiece.pieces[END] == "[SEP]"


def test_decoding_leaves_out_special_pieces_and_added_ids(wordpiece: WordPiece) -> None:
    ids = [0, 100, 101, *wordpiece.encode("a snowboarder"), 102, 103, 30522, 30523]
    assert wordpiece.decode(ids) == "a snowboarder"


def test_an_unused_piece_is_text(wordpiece: WordPiece) -> None:
    assert wordpiece.decode([104]) == "[unused99]"


@pytest.mark.parametrize(
    ("spaced", "closed"),
    [
        ("street , wheel", "street, wheel"),
        ("what ? no ! yes .", "what? no! yes."),
        ("they ' re", "they're"),
        ("do n't i 'm he 's we 've you 're", "don't i'm he's we've you're"),
        ("3 . 5", "3. 5"),
    ],
)
def test_close_up(spaced: str, closed: str) -> None:
    assert close_up(spaced) == closed


@pytest.mark.parametrize("which", ["too short", "cut off", "too long", "no text"])
def test_another_vocabulary_is_refused(tmp_path: Path, which: str) -> None:
    """One that was cut off decodes to other words, and those of other BERTs have the same beginning."""
    whole = locate("bert_vocabulary").read_bytes()
    content = {
        "too short": b"a\nb\n",
        "cut off": whole[:150_000],
        "too long": whole + b"b\n",
        "no text": b"\xff\xfe\x80",
    }
    path = tmp_path / "vocab.txt"
    path.write_bytes(content[which])
    with pytest.raises(CheckpointError, match=r"expected 30,522 lines, \[CLS\] in line 102"):
        WordPiece.from_vocabulary(path)
