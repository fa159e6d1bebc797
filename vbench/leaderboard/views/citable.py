"""A row of the board to cite: which score it is, as lines and as BibTeX.

Everything stands on the row; nothing is computed. Of one's own runs ``vbench card`` says more.
"""

from __future__ import annotations

import re
import textwrap

from vbench.benchmarks.registry import benchmark_named
from vbench.benchmarks.score_card import TOTAL
from vbench.leaderboard.views.board_row import FIGURE, BoardRow

DIGITS = 12
"""Of a digest, what is shown to people."""

NOT_STATED = "not stated"


def block(row: BoardRow, address: str) -> str:
    """The row as lines of at most 80 columns.

    Args:
        row: of any kind.
        address: of its page.
    """
    card, benchmark = row.card, benchmark_named(row.benchmark)
    frames, rate = f"{card.frames} frames" if card.frames else "", f"{card.fps:g} fps" if card.fps else ""
    total = row.scores.get(TOTAL)
    between = f"  {total.low:.4f} to {total.high:.4f}" if total and total.low is not None else ""
    lines = [
        ("Model", " ".join(part for part in (card.name, card.version) if part)),
        ("Benchmark", f"{benchmark.title} ({benchmark.name})"),
        ("Prompts", row.suite),
        ("Generated from", _fed(card.prompt_rewriting)),
        ("Videos", ", ".join(part for part in (card.resolution, frames, rate) if part) or NOT_STATED),
        ("Precision of sampling", card.precision or NOT_STATED),
        ("Judges", f"profile {row.profile}"),
        ("Sampled by", card.sampled_by),
        ("Evaluated by", card.evaluated_by),
        ("Total", f"{total.value:.4f}{between}" if total else "none"),
        ("Scores", f"{len(row.rules) - len(row.missing)} of {len(row.rules)} dimensions"),
        *[("Exception", reason) for reason in row.apart],
        *[("Not verified", reason) for reason in row.unverified],
        ("Source", row.source if row.format == FIGURE else f"archive, sha256 {row.sha256[:DIGITS]}"),
        *[("Received", row.received[:10])] * bool(row.received),
        ("Address", address),
    ]
    return "\n".join(_wrapped(name, said) for name, said in lines)


def _fed(rewriting: str) -> str:
    if not rewriting:
        return NOT_STATED
    return "the prompts" if rewriting == "none" else f"prompts rewritten by {rewriting}"


def _wrapped(name: str, said: str) -> str:
    return textwrap.fill(said, 80, initial_indent=f"{name:24}", subsequent_indent=" " * 24, break_long_words=False)


def bibtex(row: BoardRow, address: str) -> str:
    """An entry for the row, with the benchmark that its figures are of.

    Args:
        row: of any kind.
        address: of its page.
    """
    total = row.value(TOTAL)
    scored = "" if total is None else f", Total {100 * total:.2f}"
    archive = f", archive sha256 {row.sha256[:DIGITS]}" if row.sha256 else ""
    name = _plain(f"{row.card.name} {row.card.version}".strip())
    return (
        f"@misc{{vbench-board-{re.sub(r'[^A-Za-z0-9-]', '', row.id)},\n"
        f"  title = {{{name} on {benchmark_named(row.benchmark).title}}},\n"
        f"  author = {{{{{_plain(row.card.evaluated_by or row.card.organisation or 'Unknown')}}}}},\n"
        f"  note = {{Prompts {_plain(row.suite)}, profile {_plain(row.profile)}{scored}{archive}}},\n"
        f"  url = {{{_plain(address)}}}\n}}"
    )


def _plain(text: str) -> str:
    r"""A text that ends no field of BibTeX and starts no command.

    >>> _plain("A {\\LaTeX} model_1")
    'A LaTeX model\\_1'
    """
    return re.sub(r"([#$%&_])", r"\\\1", re.sub(r"[{}\\~^]", "", text))
