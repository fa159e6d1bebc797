"""Every document by its name."""

from __future__ import annotations

from vbench.registry import unknown
from vbench.schemas import board, lists, run_files, score_outputs
from vbench.schemas.document import Document

DOCUMENTS = {
    one.name: one for one in (*run_files.DOCUMENTS, *score_outputs.DOCUMENTS, *board.DOCUMENTS, *lists.DOCUMENTS)
}


def document_named(name: str) -> Document:
    """The document of a name, or of the words of the command that prints it.

    Raises:
        UsageError: there is none.
    """
    key = name.strip().replace(" ", "-")
    if key not in DOCUMENTS:
        raise unknown("schema", key, DOCUMENTS)
    return DOCUMENTS[key]
