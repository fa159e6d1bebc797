"""WordPiece: texts to token ids and back, with the vocabulary of bert-base-uncased.

Devlin et al., "BERT", NAACL 2019. The vocabulary is one piece per line, a piece's id is its line number from 0,
and pieces that continue a word begin with ``##``. Texts are put in lower case and lose their accents. Ids become
text as the reference's pinned library (transformers 4.33) does it, with its clean-up of English spaces.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Self

from tokenizers import Tokenizer, models, normalizers, pre_tokenizers

from vbench.errors import CheckpointError

BEGIN = 101
"""``[CLS]``"""

END = 102
"""``[SEP]``"""

PIECES = 30522
"""In the vocabulary; those of other BERTs begin in the same way."""

UNKNOWN = "[UNK]"
"""What stands for letters that no piece has."""

SPECIAL_PIECES = frozenset({"[PAD]", UNKNOWN, "[CLS]", "[SEP]", "[MASK]"})
"""Pieces that mark places in a sequence and are no text."""

_SPACED = (" .", " ?", " !", " ,", " ' ", " n't", " 'm", " 's", " 've", " 're")


class WordPiece:
    """A vocabulary and the two directions through it.

    Args:
        pieces: all word pieces in the order of their ids.
    """

    def __init__(self, pieces: Sequence[str]) -> None:
        self.pieces = tuple(pieces)

    @classmethod
    def from_vocabulary(cls, path: Path) -> Self:
        """Read a ``vocab.txt``.

        Raises:
            CheckpointError: the file is not the vocabulary of bert-base-uncased, or not all of it.
        """
        pieces = path.read_text(encoding="utf-8", errors="replace").split("\n")
        while pieces and not pieces[-1]:
            pieces.pop()
        if pieces[BEGIN : END + 1] != ["[CLS]", "[SEP]"] or len(pieces) != PIECES or UNKNOWN not in pieces:
            raise CheckpointError(
                f"{path} is not the vocabulary of bert-base-uncased: expected {PIECES:,} lines, [CLS] in line "
                f"{BEGIN + 1}, [SEP] in line {END + 1} and {UNKNOWN} anywhere; found {len(pieces):,} lines and "
                f"{pieces[BEGIN : END + 1]}. "
                "Get it with: vbench weights download bert_vocabulary --force"
            )
        return cls(pieces)

    def __len__(self) -> int:
        return len(self.pieces)

    def encode(self, text: str) -> list[int]:
        """The ids of a text's word pieces, without ``[CLS]`` and ``[SEP]``."""
        ids: list[int] = self._tokenizer.encode(text, add_special_tokens=False).ids
        return ids

    def decode(self, ids: Sequence[int]) -> str:
        """The text of token ids.

        Special pieces are left out, and so are ids behind the vocabulary, which a model has added for itself.

        >>> WordPiece(["[UNK]", "a", "snow", "##man", ",", "isn", "'", "t"]).decode([1, 2, 3, 0, 4, 5, 6, 7, 8])
        "a snowman, isn't"
        """
        pieces = (self.pieces[index] for index in ids if index < len(self.pieces))
        joined = " ".join(piece for piece in pieces if piece not in SPECIAL_PIECES)
        return close_up(joined.replace(" ##", "").strip())

    @cached_property
    def _tokenizer(self) -> Tokenizer:
        ids = {piece: index for index, piece in enumerate(self.pieces)}
        tokenizer = Tokenizer(models.WordPiece(ids, unk_token=UNKNOWN))
        tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
        tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
        return tokenizer


def close_up(text: str) -> str:
    """Take away the blanks that English does not put around punctuation and clitics.

    >>> close_up("a dog ' s ball , isn ' t it ?")
    "a dog's ball, isn't it?"
    >>> close_up("they 're here .")
    "they're here."
    """
    for spaced in _SPACED:
        text = text.replace(spaced, spaced.strip())
    return text
