"""``vbench submit`` and ``vbench withdraw``: a run goes to a leaderboard."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vbench.cli.benchmarks import Named
from vbench.cli.card import print_json

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vbench.leaderboard.submissions.model_card import ModelCard
    from vbench.leaderboard.submissions.validate import Checked

Board = Annotated[str | None, typer.Option("--to", metavar="URL", help="Send it to this board.", show_default=False)]
Token = Annotated[
    str,
    typer.Option(envvar="VBENCH_BOARD_TOKEN", help="For the board; better given by the variable.", show_default=False),
]

OPTIONS = {
    "name": "--model-name", "version": "--model-version", "organisation": "--organisation",
    "sampled_by": "--sampled-by", "evaluated_by": "--evaluated-by",
}  # fmt: skip
"""Field of the model card -> the option that fills it in."""


def submit(
    source: Annotated[
        Path,
        typer.Argument(
            metavar="RUN",
            help="Folder of a run, or the reference's *_eval_results.json: one, a folder or a zip of them.",
            show_default=False,
        ),
    ],
    model_name: Annotated[
        str, typer.Option(help="Name of the model; by default what the samples say.", show_default=False)
    ] = "",
    model_version: Annotated[str, typer.Option(help="Its version; a version's result is final.")] = "",
    organisation: Annotated[str, typer.Option(help="Who made it.")] = "",
    sampled_by: Annotated[str, typer.Option(help="Who sampled the videos; by default the organisation.")] = "",
    evaluated_by: Annotated[str, typer.Option(help="Who evaluated them; by default the organisation.")] = "",
    card: Annotated[
        Path | None, typer.Option(help="JSON file with the model card; options come before it.", show_default=False)
    ] = None,
    videos: Annotated[int, typer.Option(min=0, help="Sampled videos to add for the arena.")] = 0,
    benchmark: Named = None,
    partial: Annotated[bool, typer.Option(help="It is meant to be a part of a result; it is not ranked.")] = False,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="The zip to write; submission.zip if it is not sent.")
    ] = None,
    to: Board = None,
    token: Token = "",
    earlier: Annotated[
        str, typer.Option(help="Withdraw token of an earlier submission of these scores.", show_default=False)
    ] = "",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be refused, and why; nothing is sent or written.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Make the zip of a submission, check it as the board will, and send it if an address is given.

    What withdraws it is written down before it is sent, in ~/.local/state/vbench/submissions: after a broken
    connection, call it again and get the same receipt.

    The card has: name, version, organisation, link, access (open weights, API, closed), licence, date, sampled_by,
    evaluated_by, contact, notes, resolution, fps, frames, seconds, steps, guidance, prompt_rewriting, precision,
    parameters (in billions), sampler, seeds.
    What the run knows of them (size, rate, frames, settings, the model that was sampled) need not be said.

    Exit status: 0 all is well, 1 it is refused, 2 wrong call; the same with --dry-run.

    Examples:
      vbench submit run --model-name "My Model" --organisation "My Lab" -o my.zip
      vbench submit run --card card.json --dry-run
      vbench submit run --card card.json --videos 20 --to https://board.example.org
    """
    from vbench.files import ours

    given = {"name": model_name, "version": model_version, "organisation": organisation}
    given |= {"sampled_by": sampled_by, "evaluated_by": evaluated_by}
    if dry_run:
        raise typer.Exit(_tried(source, card, given, videos, partial, benchmark, as_json))

    if output is None and not to:
        output = Path("submission.zip")
    if output:
        ours.refuse_foreign(output)
    content = _archive(source, _card(source, card, given), videos, partial, benchmark)
    checked = _checked(content)
    if output:
        ours.write(output, content)
    receipt = _sent(to, content, token, earlier) if to else {}
    if as_json:
        scores = {name: figure.value for name, figure in checked.scores.items()}
        findings = {"scores": scores, "notes": list(checked.notes), "apart": list(checked.apart)}
        print_json({"file": str(output) if output else None, "bytes": len(content), **findings, "receipt": receipt})
        return
    _print(checked)
    if output:
        typer.echo(f"{output}: {len(content):,} bytes")
    if receipt:
        typer.echo(f"submission {receipt['id']} is {receipt['state']}")
        typer.echo(f"this token withdraws it: {receipt['withdraw_token']}")
        typer.echo(f"it is kept in {receipt['kept_in']}")


def _tried(
    source: Path,
    card: Path | None,
    given: dict[str, str],
    videos: int,
    partial: bool,
    benchmark: str | None,
    as_json: bool,
) -> int:
    """Say what a board would say; returns the exit status."""
    from vbench.errors import Refused
    from vbench.leaderboard.submissions.plausibility import strange
    from vbench.leaderboard.submissions.preview import Preview, of_checked

    try:
        checked = _checked(_archive(source, _card(source, card, given), videos, partial, benchmark))
        found = of_checked(checked, [*strange(checked, ())])
    except Refused as error:
        found = Preview(error.reasons)
    if as_json:
        print_json(found.plain())
        return int(bool(found.reasons))
    for name, value in found.scores.items():
        typer.echo(f"{name:25}{value:.4f}")
    said = {"refused": found.reasons, "looked at first": found.flags, "not ranked": found.apart, "note": found.notes}
    for word, sentences in said.items():
        for sentence in sentences:
            typer.echo(f"{word}: {sentence}")
    if not found.reasons:
        typer.echo("A board would take it, unless this version or a copy of it is there already. Nothing was sent.")
    return int(bool(found.reasons))


def withdraw(
    number: Annotated[int, typer.Argument(metavar="ID", help="Number of the submission.", show_default=False)],
    to: Annotated[str, typer.Option("--to", metavar="URL", help="Address of the board.", show_default=False)],
    token: Token = "",
) -> None:
    """Take a submission off a board, with the token of its receipt; one that was sent from here needs none.

    Examples:
      vbench withdraw 12 --to https://board.example.org
    """
    from vbench.leaderboard import client
    from vbench.leaderboard.receipts import token_of

    typer.echo(f"submission {number} is {client.withdraw(to, number, token or token_of(to, number))['state']}")


def _sent(to: str, content: bytes, token: str, earlier: str) -> dict[str, Any]:
    """The receipt of an archive, with the file in which its key lies; the key is there before anything is sent."""
    from vbench.leaderboard import client
    from vbench.leaderboard.receipts import about_to_send, answered, where

    sent = about_to_send(to, content)
    receipt = client.submit(to, content, token, sent.key, earlier)
    answered(sent, receipt["id"])
    return {**receipt, "kept_in": str(where(sent))}


def _card(source: Path, file: Path | None, given: dict[str, str]) -> ModelCard:
    """The card from the options, which come before the file, which comes before what the run knows.

    Raises:
        UsageError: something is not said that has to be.
        Refused: something that was said cannot be.
    """
    from vbench.leaderboard.submissions.known_settings import known_settings
    from vbench.leaderboard.submissions.model_card import read_card
    from vbench.runs.record import RECORD

    typed = {name: value for name, value in given.items() if value}
    written = written_card(file) if file else {}
    values = {**(known_settings(source) if (source / RECORD).exists() else {}), **written, **typed}
    for name in ("sampled_by", "evaluated_by"):
        values.setdefault(name, values.get("organisation", ""))
    _ask(values)
    words = {name: f"{file}: {name}" for name in written} | {name: OPTIONS[name] for name in typed}
    return read_card(values, words)


def written_card(file: Path) -> dict[str, Any]:
    """What a file says of the card."""
    from vbench.errors import UsageError
    from vbench.files.json_file import read_json

    try:
        values = read_json(file)
    except (OSError, ValueError) as error:
        raise UsageError(f"The model card {file} cannot be read: {error}") from error
    if not isinstance(values, dict):
        raise UsageError(f"The model card {file} must be a JSON object.")
    return values


def _ask(values: Mapping[str, Any]) -> None:
    """Name the options that are missing, all of them at once."""
    from vbench.errors import UsageError

    missing = []
    if not values.get("name"):
        missing.append("--model-name is missing: the run does not say which model its videos are of.")
    if not (values["sampled_by"] and values["evaluated_by"]):
        missing.append(
            "--organisation is missing: who made the model. If others sampled or evaluated the videos, say who: "
            "--sampled-by, --evaluated-by."
        )
    if missing:
        raise UsageError("\n".join(missing))


def _archive(source: Path, card: ModelCard, videos: int, partial: bool, benchmark: str | None) -> bytes:
    from vbench.benchmarks.registry import benchmark_named
    from vbench.leaderboard.submissions.pack import pack, pack_results
    from vbench.runs.record import RECORD

    if (source / RECORD).exists():
        rules = benchmark_named(benchmark) if benchmark else None
        return pack(source, card, videos, partial=partial, benchmark=rules)
    return pack_results(source, card, partial)


def _checked(content: bytes) -> Checked:
    """The board's own check, with its usual limits, before anything is sent."""
    from vbench.leaderboard.settings import Settings
    from vbench.leaderboard.submissions.archive import limits_of, read_archive
    from vbench.leaderboard.submissions.validate import check

    usual = Settings()
    return check(read_archive(content, limits_of(usual)), usual.suite)


def _print(checked: Checked) -> None:
    for name, figure in checked.scores.items():
        interval = "" if figure.low is None else f"  {figure.low:.4f} to {figure.high:.4f}"
        typer.echo(f"{name:25}{figure.value:.4f}{interval}")
    for reason in checked.apart:
        typer.echo(f"not ranked: {reason}")
    for note in checked.notes:
        typer.echo(f"note: {note}")
