"""The submit page: an archive goes in, a receipt or every reason against it comes out."""

from __future__ import annotations

from dataclasses import fields
from functools import partial
from pathlib import Path
from typing import Any

import gradio as gr

from vbench.benchmarks.registry import benchmark_named
from vbench.errors import Refused
from vbench.leaderboard.board import Board
from vbench.leaderboard.errors import NotAllowed, NotFound
from vbench.leaderboard.settings import MIB
from vbench.leaderboard.submissions.model_card import ACCESS, ModelCard, read_card
from vbench.leaderboard.submissions.preview import Preview
from vbench.leaderboard.web.desk import Desk
from vbench.leaderboard.web.ui.pages.common import FOLLOWS, QUIET, navbar, number_of, part
from vbench.leaderboard.web.ui.render import render, title_of, wholes_of

HEAD = """<div class="vb" data-title="Submit &ndash; VBench leaderboard"><header><h1>Submit a result</h1>
<p>Make the archive of a run with <code>vbench submit RUN --model-name NAME --organisation WHO -o submission.zip</code>,
or send it from there with <code>--to</code> this address. Every score is computed here, from the scores per video.
What would become of a file is said as soon as you choose it; a run's <code>run.json</code> alone will do for that.</p>
</header></div>"""

NUMBERS = {"float": float, "int": int}


def add(page: gr.Blocks, board: Board, desk: Desk) -> None:
    """Put the form into the page that is being built."""
    settings = board.settings
    navbar("Submit")
    part(HEAD, js_on_load=FOLLOWS)
    with gr.Row():
        with gr.Column():
            archive = gr.File(
                label=f"Archive: a zip of at most {settings.upload_bytes / MIB:g} MiB, or one eval_results.json",
                file_types=[".zip", ".json"],
                elem_id="archive",
            )
            token = gr.Textbox(label="Token", info=_token_info(board), type="password", elem_id="token")
            with gr.Accordion(
                "Model card, for the reference's result files (a zip of vbench submit has one)", open=False
            ):
                card = {field.name: _input(field.name) for field in fields(ModelCard)}
            with gr.Row():
                look = gr.Button("Check", elem_id="look")
                send = gr.Button("Submit", variant="primary", elem_id="send")
            preview = part(js_on_load=FOLLOWS, elem_id="preview")
        with gr.Column():
            answer = part(js_on_load=FOLLOWS, elem_id="answer")
            with gr.Accordion("Withdraw a submission", open=False, elem_id="withdrawal"):
                number = gr.Textbox(label="Number of the submission", elem_id="number")
                proof = gr.Textbox(label="Withdraw token of its receipt", type="password", elem_id="proof")
                withdraw = gr.Button("Withdraw", elem_id="withdraw")

    async def submitted(request: gr.Request, file: str | None, secret: str, *values: Any) -> list[Any]:
        address = request.client.host if request.client else ""
        filled = dict(zip(card, values, strict=True))
        return [await _answer(board, desk, address, file, secret or "", filled), None, ""]

    async def looked_at(request: gr.Request, file: str | None, secret: str, *values: Any) -> str:
        address = request.client.host if request.client else ""
        return await _preview(board, desk, address, file, secret or "", dict(zip(card, values, strict=True)))

    def withdrawn(which: str, secret: str) -> str:
        try:
            found = number_of(which)
            board.withdraw(found, secret.strip())
        except Refused as error:
            return _refusal("It was not withdrawn", error.reasons)
        except (NotAllowed, NotFound) as error:
            return _refusal("It was not withdrawn", [str(error)])
        return render("receipt.html", receipt=None, done=f"Submission {found} is withdrawn.")

    fields_of_it = [archive, token, *card.values()]
    send.click(submitted, fields_of_it, [answer, archive, preview], concurrency_limit=None, api_visibility="private")
    gr.on([archive.upload, look.click], looked_at, fields_of_it, preview, concurrency_limit=None, **QUIET)
    archive.clear(lambda: "", None, preview, **QUIET)
    withdraw.click(withdrawn, [number, proof], answer, **QUIET)


async def _answer(board: Board, desk: Desk, address: str, file: str | None, token: str, card: dict[str, Any]) -> str:
    if file is None:
        return _refusal("Nothing was submitted", ["Choose an archive first."])
    if not desk.uploads.holds(str(file)):
        return _refusal("Nothing was submitted", ["This file was submitted already. Choose one again."])
    path, sender = Path(file), desk.senders.name(address)
    try:
        given = _card(card)
        check = partial(board.submit, token=token.strip(), submitter=sender, card=given)
        receipt = await desk.take(path, address, check)
    except Refused as error:
        return _refusal("It is refused", error.reasons)
    except NotAllowed as error:
        return _refusal("It is not allowed", [str(error)])
    finally:
        desk.uploads.drop(path)
    wholes = wholes_of(benchmark_named(receipt.entry.benchmark))
    return render("receipt.html", receipt=receipt, done="", wholes=wholes)


async def _preview(board: Board, desk: Desk, address: str, file: str | None, token: str, card: dict[str, Any]) -> str:
    """What would become of the file that was chosen; it stays where it is."""
    if file is None or not desk.uploads.holds(str(file)):
        return _refusal("Nothing was checked", ["Choose an archive first."])
    try:
        given = _card(card)
        found = await desk.look(Path(file), address, partial(board.preview, token=token.strip(), card=given))
    except Refused as error:
        found = Preview(error.reasons)
    except NotAllowed as error:
        return _refusal("It is not allowed", [str(error)])
    except NotFound:  # it was submitted meanwhile, and the answer stands beside this
        return ""
    return render("preview.html", preview=found)


def _refusal(heading: str, reasons: Any) -> str:
    return render("receipt.html", receipt=None, done="", heading=heading, reasons=reasons)


def _card(values: dict[str, Any]) -> ModelCard | None:
    """The card of the form; none where nothing is filled in.

    Raises:
        Refused: a field is missing or wrong.
    """
    given = {name: value for name, value in values.items() if value not in (None, "")}
    for field in fields(ModelCard):
        convert = NUMBERS.get(str(field.type).removesuffix(" | None"))
        if convert and field.name in given:
            try:
                given[field.name] = convert(given[field.name])
            except ValueError:
                raise Refused([f"card: {field.name} must be a number, found {given[field.name]!r:.60}."]) from None
    return read_card(given) if given else None


def _input(name: str) -> Any:
    if name == "access":
        return gr.Dropdown(["", *ACCESS], value="", label=title_of(name), interactive=True)
    return gr.Textbox(label=title_of(name), lines=3 if name == "notes" else 1, elem_id=f"card-{name}")


def _token_info(board: Board) -> str:
    if board.settings.submit_tokens:
        return "This board takes submissions with a token only."
    return "Without one, a submission waits until somebody with the right publishes it."
