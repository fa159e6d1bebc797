"""``vbench prompts`` and ``vbench plan``: the suites, and what must be sampled for them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vbench.cli.card import print_json
from vbench.cli.plain_help import PlainHelp

if TYPE_CHECKING:
    from vbench.prompts.suite import PromptSuite

prompts = typer.Typer(
    help="Prompt suites: list, show, fetch.",
    no_args_is_help=True,
    epilog="Examples: vbench prompts list; vbench prompts fetch vbench-t2v; vbench prompts show open -d color",
)


@prompts.command("list", cls=PlainHelp)
def list_(json_output: Annotated[bool, typer.Option("--json", help="Print as JSON.")] = False) -> None:
    """Show the suites that are here, with their prompts per dimension and their categories.

    Examples:
      vbench prompts list
    """
    from vbench.cli.table import Column, figures, print_table, prose
    from vbench.prompts import library
    from vbench.prompts.library import fetched_suites
    from vbench.prompts.official import SUITE_FILES
    from vbench.prompts.suite import SuiteError

    rows: list[tuple[str, ...]] = []
    listed: list[dict[str, Any]] = []
    for name in (*library.SHIPPED, *SUITE_FILES):
        try:
            suite = library.suite(name, fetched_suites())
        except SuiteError as error:
            rows.append((name, "-", "-", "-", "-"))
            listed.append({"name": name, "obstacle": str(error)})
            continue
        dimensions = {dimension for prompt in suite for dimension in prompt.dimensions}
        categories = list(library.categories_of(name, fetched_suites()))
        rows.append((name, str(len(suite)), str(len(dimensions)), ", ".join(categories) or "-", suite.digest[:12]))
        counts = {
            dimension: sum(dimension in prompt.dimensions for prompt in suite) for dimension in sorted(dimensions)
        }
        listed.append(
            {
                "name": name,
                "prompts": len(suite),
                "dimensions": counts,
                "categories": categories,
                "sha256": suite.digest,
            }
        )
    if json_output:
        print_json(listed)
    else:
        counted = [figures("prompts"), figures("dimensions")]
        print_table([Column("suite"), *counted, prose("categories"), Column("sha256")], rows)
        for one in listed:
            if "obstacle" in one:
                typer.echo(f"\n{one['obstacle']}")


@prompts.command(cls=PlainHelp)
def show(
    suite: Annotated[str, typer.Argument(help="open, mini, vbench-t2v or a JSON file.")],
    dimension: Annotated[list[str] | None, typer.Option("--dimension", "-d", help="Only prompts of these.")] = None,
    category: Annotated[str | None, typer.Option(help="The prompts of a content category instead.")] = None,
) -> None:
    """Print prompts, one a line.

    Examples:
      vbench prompts show open -d color
    """
    wanted = _known(dimension)
    for prompt in _suite(suite, category):
        if not wanted or set(wanted) & set(prompt.dimensions):
            typer.echo(prompt.text)


@prompts.command(cls=PlainHelp)
def fetch(
    suite: Annotated[
        str, typer.Argument(help="vbench-t2v or vbench-i2v: the official text- or image-to-video suite.")
    ] = "vbench-t2v",
    source: Annotated[
        Path | None, typer.Option("--from", help="The published JSON file or wheel on disk, instead of pip.")
    ] = None,
    categories: Annotated[bool, typer.Option(help="Fetch the lists of the content categories, too.")] = True,
) -> None:
    """Get an official suite from its publisher; digests are checked.

    Pictures of vbench-i2v are published apart; unpack them into images/vbench-i2v in the cache, or name their folder.

    Exit status: 0 all is there, 1 the categories could not be fetched (the suite was), 2 nothing was fetched.

    Examples:
      vbench prompts fetch vbench-t2v
      vbench prompts fetch vbench-i2v --from vbench2_i2v_full_info.json
    """
    from vbench.errors import UsageError
    from vbench.prompts import official
    from vbench.prompts.library import fetched_suites

    if suite not in official.SUITE_FILES:
        fetchable = " and ".join(official.SUITE_FILES)
        raise UsageError(f"Only {fetchable} are fetched, not {suite!r}; open, mini and the demos are here already.")
    if suite == official.I2V_NAME:
        typer.echo(official.fetch_i2v_suite(fetched_suites(), source))
        return
    typer.echo(official.fetch_suite(fetched_suites(), source))
    if categories:
        try:
            for path in official.fetch_categories(fetched_suites()):
                typer.echo(path)
        except UsageError as error:
            typer.echo(
                f"vbench: {error} The suite itself is there; categories are only needed with --category.", err=True
            )
            raise typer.Exit(1) from error


@prompts.command(cls=PlainHelp)
def images(
    ratio: Annotated[list[str], typer.Option("--ratio", help="From 1-1 to 16-9, such as 16-9; may be repeated.")],
    origin: Annotated[
        Path | None, typer.Option("--from", help="Folder of the originals.", show_default="origin below --images")
    ] = None,
    root: Annotated[
        Path | None,
        typer.Option(
            "--images", help="Folder of the pictures; crops go to crop/RATIO below it.", show_default="in the cache"
        ),
    ] = None,
    info: Annotated[
        Path | None,
        typer.Option(help="The published i2v-bench-info.json.", show_default="in or beside the originals"),
    ] = None,
) -> None:
    """Crop the pictures of vbench-i2v to a ratio, exactly as the published crops are.

    Examples:
      vbench prompts images --ratio 16-9 --from origin
      vbench prompts images --ratio 1-1 --ratio 8-5 --from origin --images pictures
    """
    from vbench.prompts.crops import default_origin, info_beside, make_crops, read_boxes
    from vbench.prompts.library import pictures_of
    from vbench.prompts.official import I2V_NAME
    from vbench.prompts.pictures import CROPS

    root = root or pictures_of(I2V_NAME)
    origin = origin or default_origin(root)
    boxes = read_boxes(info or info_beside(origin))
    for one in ratio:
        made = sum(1 for _ in make_crops(one, origin, boxes, root))
        typer.echo(f"{made} pictures: {root / CROPS / one}")


def plan(
    suite: Annotated[str, typer.Argument(help="open, mini, vbench-t2v or a JSON file.")],
    samples: Annotated[int, typer.Option(min=1, help="Videos a prompt.")] = 5,
    static_samples: Annotated[
        int | None,
        typer.Option(
            min=1, help="Videos a prompt of temporal flickering; the protocol wants 25 before the static filter."
        ),
    ] = None,
    seed: Annotated[
        int, typer.Option(help="Base seed; each sample's own seed follows from it, the prompt and the index.")
    ] = 0,
    dimension: Annotated[list[str] | None, typer.Option("--dimension", "-d", help="Only prompts of these.")] = None,
    category: Annotated[str | None, typer.Option(help="The prompts of a content category instead.")] = None,
    json_output: Annotated[bool, typer.Option("--json", help="JSON lines: prompt, index, seed, file.")] = False,
) -> None:
    """List what must be sampled: file, seed and prompt, a line each.

    Examples:
      vbench plan open --samples 5 --json > plan.jsonl
    """
    from vbench.benchmarks.t2v import T2V
    from vbench.prompts.sampling_plan import sampling_plan
    from vbench.sampling.wanted import more_samples

    count, more = 0, more_samples(T2V, static_samples)
    for sample in sampling_plan(_suite(suite, category), _known(dimension), samples, more, seed):
        count += 1
        line = {"prompt": sample.prompt.text, "index": sample.index, "seed": sample.seed, "file": sample.file}
        typer.echo(
            json.dumps(line, ensure_ascii=False)
            if json_output
            else f"{sample.file}\t{sample.seed}\t{sample.prompt.text}"
        )
    typer.echo(f"{count} videos", err=True)


def _suite(name: str, category: str | None) -> PromptSuite:
    from vbench.prompts.library import load_category, load_suite

    return load_category(name, category) if category else load_suite(name)


def _known(dimensions: list[str] | None) -> list[str]:
    from vbench.benchmarks.registry import spec_of

    return [spec_of(name).name for name in dimensions or ()]
