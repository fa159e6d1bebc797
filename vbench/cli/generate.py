"""``vbench generate`` and ``vbench generators``: from a prompt suite to sampled videos."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from vbench.cli.benchmarks import Named
from vbench.cli.card import print_json
from vbench.cli.progress import ProgressStyle, progress_of
from vbench.cli.story import exit_status, print_told, refuse_beside
from vbench.errors import CheckpointError, UsageError

if TYPE_CHECKING:
    from vbench.sampling.generate import Sampled


MOST_FINDINGS = 10
"""Videos whose findings are told at the end."""


def generate(
    out: Annotated[
        Path, typer.Option("--out", "-o", help="Folder of the videos; continued if it is there.", show_default=False)
    ],
    model: Annotated[
        str | None,
        typer.Option(
            "--model", "-m", help="Generator, with +techniques and +enhancers, or a model file.", show_default=False
        ),
    ] = None,
    story: Annotated[
        Path | None,
        typer.Option(help="A YAML or TOML file of scenes: one video of shots and transitions.", show_default=False),
    ] = None,
    shots: Annotated[
        str | None, typer.Option(help="Model of a story's shots.", show_default="the file's, else lavie")
    ] = None,
    transitions: Annotated[
        str | None, typer.Option(help="Model of a story's transitions.", show_default="the file's, else seine")
    ] = None,
    suite: Annotated[
        str | None, typer.Option(help="open, mini, vbench-t2v or a JSON file; by default the benchmark's own.")
    ] = None,
    benchmark: Named = None,
    prompt: Annotated[list[str] | None, typer.Option(help="A prompt of your own instead of a suite.")] = None,
    dimension: Annotated[list[str] | None, typer.Option("--dimension", "-d", help="Only prompts of these.")] = None,
    category: Annotated[str | None, typer.Option(help="The prompts of a content category instead.")] = None,
    samples: Annotated[
        int | None, typer.Option(min=1, help="Videos a prompt.", show_default="as the benchmark says: 5")
    ] = None,
    static_samples: Annotated[
        int | None,
        typer.Option(
            min=1, help="Videos a prompt of temporal flickering; the protocol wants 25 before the static filter."
        ),
    ] = None,
    seed: Annotated[int, typer.Option(help="Base seed; a sample's own follows from it, its prompt and its index.")] = 0,
    frames: Annotated[int | None, typer.Option(help="Number of frames.", show_default="the model's")] = None,
    size: Annotated[str | None, typer.Option(help="WIDTHxHEIGHT in pixels.", show_default="the model's")] = None,
    fps: Annotated[float | None, typer.Option(help="Frames per second.", show_default="the model's")] = None,
    steps: Annotated[int | None, typer.Option(help="Denoising steps.", show_default="the model's")] = None,
    guidance: Annotated[float | None, typer.Option(help="Guidance scale.", show_default="the model's")] = None,
    negative_prompt: Annotated[
        str | None, typer.Option(help="What to steer away from.", show_default="the model's")
    ] = None,
    images: Annotated[
        Path | None,
        typer.Option(
            help="Folder of the pictures to start from: by ratio, or PROMPT.png each.", show_default="the suite's own"
        ),
    ] = None,
    ratio: Annotated[
        str, typer.Option(help="Of the pictures, such as 16-9.", show_default="the nearest to the model's")
    ] = "",
    texts: Annotated[
        Path | None, typer.Option(help='What to feed instead of the prompts: {"prompt": "extended text"} as JSON.')
    ] = None,
    extender: Annotated[str, typer.Option(help="Who extended the prompts, for the manifest.")] = "",
    option: Annotated[
        list[str] | None, typer.Option("--option", help="NAME=VALUE for the generator; see vbench generators NAME.")
    ] = None,
    set_: Annotated[
        list[str] | None, typer.Option("--set", help="NAME=VALUE for the call of a diffusers pipeline.")
    ] = None,
    scheduler: Annotated[
        list[str] | None, typer.Option(help="CLASS[:NAME=VALUE,...] of diffusers, instead of the model's.")
    ] = None,
    lora: Annotated[list[str] | None, typer.Option(help="FILE[:WEIGHT], a LoRA of which every key must land.")] = None,
    component: Annotated[
        list[str] | None, typer.Option(help="NAME=FOLDER or NAME=OWNER/REPO, as in motion_adapter=FOLDER.")
    ] = None,
    max_jobs: Annotated[
        int | None, typer.Option(min=1, help="Submit no more jobs than this to a hosted service.", show_default="all")
    ] = None,
    retry_failed: Annotated[
        bool,
        typer.Option("--retry-failed", help="Submit and pay anew what failed for good at a hosted service."),
    ] = False,
    json_output: Annotated[bool, typer.Option("--json", help="Print what was made as JSON.")] = False,
    progress: Annotated[
        ProgressStyle, typer.Option(help="How to show progress, on standard error.")
    ] = ProgressStyle.auto,
) -> None:
    """Sample the videos of a prompt suite with a model; continues where an earlier call stopped.

    The same command continues what was interrupted. Then: vbench evaluate DIR. Names of models: vbench generators.
    With --story the shots of its scenes are sampled, then the transitions between them, and all become one video.
    ENHANCER: before what --option, --set, --scheduler, --lora and --component take makes it the enhancer's; shots: or
    transitions: before what --option takes makes it theirs.

    Exit status: 0 every video is there, 1 some could not be made, 2 wrong call, 3 none could be made.

    Examples:
      vbench generate --model latte --suite open --out videos/latte
      vbench generate -m animatediff+freeinit+freeu --suite mini --out videos/try
      vbench generate -m diffusers:ckpt/mine --prompt "a red bus" -o videos/bus
      vbench generate -m wan2.1-1.3b --lora my.safetensors --suite mini -o lora
      vbench generate -m my-model.yaml --suite mini -o videos/shared
      vbench generate -m "command:python sample.py" --suite mini --out videos/mine
      vbench generate -m directory:downloads/pika --suite vbench-t2v -o videos/pika
      vbench generate -m wan2.1-i2v-14b --benchmark vbench-i2v -o videos/wan
      vbench generate -m http:kling --suite mini --max-jobs 5 -o videos/kling
      vbench generate --story day-at-sea.yaml -o stories/sea
    """
    from vbench import interface
    from vbench.sampling.wanted import read_texts

    width, height = _size(size)
    settings = {
        "frames": frames, "height": height, "width": width, "fps": fps, "steps": steps, "guidance": guidance,
        "negative_prompt": negative_prompt,
    }  # fmt: skip
    if story:
        refuse_beside(
            {
                "--model": model,
                "--suite": suite,
                "--benchmark": benchmark,
                "--prompt": prompt,
                "--dimension": dimension,
                "--category": category,
                "--samples": samples,
                "--static-samples": static_samples,
                "--frames": frames,
                "--steps": steps,
                "--guidance": guidance,
                "--negative-prompt": negative_prompt,
                "--images": images,
                "--ratio": ratio,
                "--texts": texts,
                "--extender": extender,
                "--set": set_,
                "--scheduler": scheduler,
                "--lora": lora,
                "--component": component,
                "--max-jobs": max_jobs,
                "--retry-failed": retry_failed,
            }
        )
        of_all = {"height": height, "width": width, "fps": fps}
        try:
            told = interface.tell(
                story, out, shots=shots, transitions=transitions, options=option or (), settings=of_all, seed=seed,
                progress=progress_of(progress),
            )  # fmt: skip
        except CheckpointError as error:
            raise UsageError(str(error)) from error
        print_told(told, json_output)
        raise typer.Exit(exit_status(told))
    if not model or shots or transitions:
        raise UsageError(
            "Say which model: --model NAME (vbench generators), or a story: --story FILE, with its --shots."
        )
    try:
        outcome = interface.generate(
            model, out, benchmark=benchmark, suite=suite, prompts=prompt, dimensions=dimension, category=category,
            samples=samples, static_samples=static_samples, seed=seed, settings=settings, images=images, ratio=ratio,
            texts=read_texts(texts) if texts else None, extender=extender, options=option or (),
            arguments=set_ or (), scheduler=scheduler or (), loras=lora or (), components=component or (),
            max_jobs=max_jobs, retry_failed=retry_failed, progress=progress_of(progress),
        )  # fmt: skip
    except CheckpointError as error:  # nothing was done: the call is wrong as it stands
        raise UsageError(str(error)) from error
    _tell(outcome, json_output)
    raise typer.Exit(_exit_status(outcome))


def generators(
    words: Annotated[
        list[str] | None,
        typer.Argument(
            help="NAME to say more of one; check NAME to ask the hub for its files; pin NAME to stay with them.",
            metavar="[check|pin] [NAME]",
        ),
    ] = None,
    json_output: Annotated[bool, typer.Option("--json", help="Print as JSON.")] = False,
) -> None:
    """List the generators with their published settings, and the techniques and enhancers that they compose with.

    With check: whether a generator's published files are there and fit, without downloading them; exit status 0 yes,
    1 no or the hub could not be asked. With pin: the same, and a repository that follows a branch is read at the commit
    that the branch is now, from then on and on this machine.

    Examples:
      vbench generators
      vbench generators cogvideox-5b
      vbench generators check latte
      vbench generators pin zeroscope
    """
    from vbench.generators.listing import described, listing

    if words and words[0] in ("check", "pin"):
        _check_files(words[0], words[1:], json_output)
    if words and len(words) > 1:
        raise UsageError(f"Give one name: vbench generators {words[0]}")
    name = words[0] if words else None
    if name:
        if json_output:
            print_json(described(name))
        else:
            _print_generator(described(name))
        return
    entries = listing()
    if json_output:
        print_json(entries)
        return
    from vbench.cli.table import Column, print_table, prose

    columns = [Column("name"), Column("kind"), prose("settings"), prose("revision"), prose("what it is")]
    rows = [(one["name"], one["kind"], one["settings"], one["revision"], one["meaning"]) for one in entries]
    print_table(columns, rows)


def _print_generator(told: dict[str, Any]) -> None:
    from vbench.cli.table import Column, print_table, prose

    options = told.pop("options")
    for heading, text in told.items():
        typer.echo(f"{heading:12}{text}")
    typer.echo("" if options else "options     none")
    if options:
        rows = [(one["name"], one["takes"], str(one["default"]) or "-", one["meaning"]) for one in options]
        print_table([Column("--option"), Column("takes"), Column("default"), prose("what it does")], rows)


def _check_files(word: str, names: list[str], json_output: bool) -> NoReturn:
    from vbench.generators.availability import availability, pinned
    from vbench.weights.hub import NoConnection
    from vbench.weights.revisions import pins_file

    if len(names) != 1:
        raise UsageError(f"Say which generator: vbench generators {word} NAME")
    try:
        found = list((pinned if word == "pin" else availability)(names[0]))
    except NoConnection as error:
        typer.echo(f"The hub could not be asked, so nothing is known of the files of {names[0]}: {error}", err=True)
        raise typer.Exit(1) from error
    if json_output:
        told = (
            {"checkpoint": one.card.name, "fits": one.fits, "found": one.told, "commit": one.commit} for one in found
        )
        print_json(list(told))
    else:
        for one in found:
            typer.echo(f"{one.card.name}: {'' if one.fits else 'no: '}{one.told}")
        if word == "pin":
            typer.echo(f"Pins of this machine: {pins_file()}")
        elif any(one.fits and not one.card.is_pinned for one in found):
            typer.echo(f"What follows a branch may change. To stay with it: vbench generators pin {names[0]}")
    raise typer.Exit(int(not all(one.fits for one in found)))


def _size(text: str | None) -> tuple[int | None, int | None]:
    if text is None:
        return None, None
    width, _, height = text.lower().partition("x")
    if not (width.isdecimal() and height.isdecimal()):
        raise UsageError(f"--size must be WIDTHxHEIGHT such as 512x320, found {text!r}.")
    return int(width), int(height)


def _tell(outcome: Sampled, json_output: bool) -> None:
    if json_output:
        told: dict[str, Any] = {
            "folder": str(outcome.folder), "made": outcome.made, "kept": outcome.kept, "failures": outcome.failures,
            "findings": outcome.findings,
        }  # fmt: skip
        print_json(told)
        return
    kept = f", {outcome.kept} were there before" if outcome.kept else ""
    typer.echo(f"{outcome.made} videos sampled{kept}, {len(outcome.failures)} failed.")
    if outcome.stopped:
        typer.echo(f"Stopped early: {outcome.stopped}.", err=True)
    if outcome.failures:
        typer.echo(f"Each failure and its reason: {outcome.folder / 'sampling.json'}", err=True)
    for file, findings in list(outcome.findings.items())[:MOST_FINDINGS]:
        typer.echo(f"{file}: {'; '.join(findings)}", err=True)
    if len(outcome.findings) > MOST_FINDINGS:
        typer.echo(f"and {len(outcome.findings) - MOST_FINDINGS} more: vbench check {outcome.folder}", err=True)
    if outcome.made or outcome.kept:
        typer.echo(f"Next: vbench evaluate {outcome.folder}")


def _exit_status(outcome: Sampled) -> int:
    """0 all there, 1 some failed, 3 nothing there."""
    if not outcome.failures:
        return 0
    return 1 if outcome.made or outcome.kept else 3
