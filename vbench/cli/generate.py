"""``vbench generate`` and ``vbench generators``: from a prompt suite to sampled videos."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from vbench.cli.card import print_json
from vbench.cli.progress import ProgressStyle, progress_of
from vbench.errors import CheckpointError, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vbench.prompts.suite import PromptSuite
    from vbench.sampling.generate import Sampled, Wanted

EPILOG = """
[bold]Examples[/bold]

  vbench generate --model latte --suite open --samples 5 --out videos/latte

  vbench generate --model animatediff+freeinit+freeu --suite mini --samples 1 --steps 25 --out videos/try

  vbench generate --model diffusers:checkpoints/my-model --prompt "a red bus" --seed 7 --out videos/bus

  vbench generate --model "command:python sample.py --ckpt last.pt" --suite mini --out videos/mine

  vbench generate --model directory:downloads/pika --suite vbench-t2v --out videos/pika

Run the same command again to continue. Then: vbench evaluate DIR. Names of models: vbench generators. Exit status:
0 every video is there, 1 some could not be made, 2 wrong call, 3 none could be made.
"""


def generate(
    model: Annotated[
        str, typer.Option("--model", "-m", help="Generator, with +techniques and +enhancers.", show_default=False)
    ],
    out: Annotated[
        Path, typer.Option("--out", "-o", help="Folder of the videos; continued if it is there.", show_default=False)
    ],
    suite: Annotated[str | None, typer.Option(help="open, mini, vbench-t2v or a JSON file.")] = None,
    prompt: Annotated[list[str] | None, typer.Option(help="A prompt of your own instead of a suite.")] = None,
    dimension: Annotated[list[str] | None, typer.Option("--dimension", "-d", help="Only prompts of these.")] = None,
    category: Annotated[str | None, typer.Option(help="The prompts of a content category instead.")] = None,
    samples: Annotated[int, typer.Option(min=1, help="Videos a prompt.")] = 5,
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
        Path | None, typer.Option(help="Folder with an image per prompt, PROMPT.png, for image-to-video models.")
    ] = None,
    texts: Annotated[
        Path | None, typer.Option(help='What to feed instead of the prompts: {"prompt": "extended text"} as JSON.')
    ] = None,
    extender: Annotated[str, typer.Option(help="Who extended the prompts, for the manifest.")] = "",
    option: Annotated[
        list[str] | None, typer.Option("--option", help="NAME=VALUE for the generator; see vbench generators NAME.")
    ] = None,
    json_output: Annotated[bool, typer.Option("--json", help="Print what was made as JSON.")] = False,
    progress: Annotated[
        ProgressStyle, typer.Option(help="How to show progress, on standard error.")
    ] = ProgressStyle.auto,
) -> None:
    """Sample the videos of a prompt suite with a model; continues where an earlier call stopped."""
    from vbench.generators.catalog import build
    from vbench.sampling.generate import generate as sample

    generator = build(model, option or ())
    width, height = _size(size)
    settings = generator.defaults.with_given(
        frames=frames, height=height, width=width, fps=fps, steps=steps, guidance=guidance,
        negative_prompt=negative_prompt,
    )  # fmt: skip
    wanted = _wanted(suite, prompt, dimension, category, samples, static_samples, seed)
    wanted = _with_material(wanted, images, texts, extender)
    try:
        outcome = sample(generator, wanted, settings, out, progress_of(progress))
    except CheckpointError as error:  # nothing was done: the call is wrong as it stands
        raise UsageError(str(error)) from error
    _tell(outcome, json_output)
    raise typer.Exit(_exit_status(outcome))


def generators(
    words: Annotated[
        list[str] | None,
        typer.Argument(
            help="NAME to say more of one; check NAME to ask the hub for its files.", metavar="[check] [NAME]"
        ),
    ] = None,
    json_output: Annotated[bool, typer.Option("--json", help="Print as JSON.")] = False,
) -> None:
    """List the generators with their published settings, and the techniques and enhancers that they compose with.

    With check: whether a generator's published files are there and fit, without downloading them; exit status 0 yes,
    1 no or the hub could not be asked.
    """
    from vbench.generators.listing import described, listing

    if words and words[0] == "check":
        _check_files(words[1:], json_output)
    if words and len(words) > 1:
        raise UsageError(f"Give one name: vbench generators {words[0]}")
    name = words[0] if words else None
    if name:
        if json_output:
            print_json(described(name))
        else:
            for heading, text in described(name).items():
                typer.echo(f"{heading:12}{text}")
        return
    entries = listing()
    if json_output:
        print_json(entries)
        return
    from rich.console import Console
    from rich.table import Table

    table = Table("name", "kind", "settings", "what it is")
    for entry in entries:
        table.add_row(entry["name"], entry["kind"], entry["settings"], entry["meaning"])
    Console(highlight=False, markup=False).print(table)


def _check_files(names: list[str], json_output: bool) -> NoReturn:
    from vbench.generators.availability import availability
    from vbench.weights.hub import NoConnection

    if len(names) != 1:
        raise UsageError("Say which generator: vbench generators check NAME")
    try:
        found = list(availability(names[0]))
    except NoConnection as error:
        typer.echo(f"The hub could not be asked, so nothing is known of the files of {names[0]}: {error}", err=True)
        raise typer.Exit(1) from error
    if json_output:
        print_json([{"checkpoint": name, "fits": fits, "found": told} for name, fits, told in found])
    else:
        for name, fits, told in found:
            typer.echo(f"{name}: {'' if fits else 'no: '}{told}")
    raise typer.Exit(int(not all(fits for _, fits, _ in found)))


def _size(text: str | None) -> tuple[int | None, int | None]:
    if text is None:
        return None, None
    width, _, height = text.lower().partition("x")
    if not (width.isdigit() and height.isdigit()):
        raise UsageError(f"--size must be WIDTHxHEIGHT such as 512x320, found {text!r}.")
    return int(width), int(height)


def _wanted(
    suite_name: str | None,
    prompts: list[str] | None,
    dimensions: list[str] | None,
    category: str | None,
    samples: int,
    static_samples: int | None,
    seed: int,
) -> Wanted:
    from vbench.dimensions.profiles import DIMENSIONS
    from vbench.prompts.sampling_plan import sampling_plan
    from vbench.sampling.generate import Wanted

    suite = _suite(suite_name, prompts, category)
    asked = [DIMENSIONS.known(name) for name in dimensions or ()]
    plan = list(sampling_plan(suite, asked, samples, static_samples, seed))
    known_as = str(Path(suite_name).resolve()) if suite_name and Path(suite_name).is_file() else suite_name
    asked_for = {
        "name": known_as, "sha256": suite.digest, "category": category, "dimensions": asked, "samples": samples,
    }  # fmt: skip
    return Wanted(plan, asked_for, seed)


def _suite(name: str | None, prompts: list[str] | None, category: str | None) -> PromptSuite:
    from vbench.prompts.library import load_category, load_suite
    from vbench.prompts.suite import Prompt, PromptSuite

    if prompts:
        if name or category:
            raise UsageError("--prompt and --suite exclude each other.")
        return PromptSuite("", tuple(Prompt(text) for text in prompts))
    if not name:
        raise UsageError("Say what to sample: --suite open (or mini, vbench-t2v, a JSON file), or --prompt TEXT.")
    return load_category(name, category) if category else load_suite(name)


def _with_material(wanted: Wanted, images: Path | None, texts: Path | None, extender: str) -> Wanted:
    """The same with the images to start from and the texts to feed."""
    from dataclasses import replace

    from vbench.sampling.generate import images_of

    if images and not images.is_dir():
        raise UsageError(f"{images} is not a folder of images.")
    found = images_of(images, wanted.samples) if images else {}
    return replace(wanted, images=found, texts=_texts(texts) if texts else {}, extender=extender)


def _texts(path: Path) -> Mapping[str, str]:
    try:
        texts = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UsageError(f"{path} cannot be read: {error}") from error
    if not isinstance(texts, dict) or not all(isinstance(text, str) for text in texts.values()):
        raise UsageError(f'{path} must hold {{"prompt": "extended text", ...}}.')
    return texts


def _tell(outcome: Sampled, json_output: bool) -> None:
    if json_output:
        told: dict[str, Any] = {
            "folder": str(outcome.folder), "made": outcome.made, "kept": outcome.kept, "failures": outcome.failures,
        }  # fmt: skip
        print_json(told)
        return
    kept = f", {outcome.kept} were there before" if outcome.kept else ""
    typer.echo(f"{outcome.made} videos sampled{kept}, {len(outcome.failures)} failed.")
    if outcome.stopped:
        typer.echo(f"Stopped early: {outcome.stopped}.", err=True)
    if outcome.failures:
        typer.echo(f"Each failure and its reason: {outcome.folder / 'sampling.json'}", err=True)
    if outcome.made or outcome.kept:
        typer.echo(f"Next: vbench evaluate {outcome.folder}")


def _exit_status(outcome: Sampled) -> int:
    """0 all there, 1 some failed, 3 nothing there."""
    if not outcome.failures:
        return 0
    return 1 if outcome.made or outcome.kept else 3
