"""``vbench filter-static``: keep the videos that temporal flickering may judge."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from vbench.cli.card import print_json
from vbench.cli.located import path_or_address
from vbench.cli.progress import ProgressStyle, progress_of
from vbench.errors import UsageError

if TYPE_CHECKING:
    from vbench.runs.static_filter import Filtered


def filter_static(
    videos: Annotated[
        Path | None,
        typer.Argument(
            parser=path_or_address,
            help="Folder of the sampled videos, or its address.",
            show_default=False,
        ),
    ] = None,
    output: Annotated[
        Path, typer.Option("--output", "-o", "--result_path", help="Folder for the copies and the list.")
    ] = Path("filter_results"),
    scope: Annotated[
        str,
        typer.Option(
            "--scope",
            "--filter_scope",
            help="temporal_flickering (five per prompt of the suite), all, or a JSON list of file names.",
        ),
    ] = "temporal_flickering",
    suite: Annotated[
        str | None, typer.Option(help="Prompt suite (name or JSON file) for the scope temporal_flickering.")
    ] = None,
    profile: Annotated[str, typer.Option(help="Whose optical flow judges: official or lite.")] = "official",
    device: Annotated[str, typer.Option(help="auto, cpu, cuda, mps")] = "auto",
    memory: Annotated[int, typer.Option(min=0, help="MiB of decoded frames to keep per video.")] = 512,
    json_output: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
    progress: Annotated[
        ProgressStyle, typer.Option(help="How to show progress, on standard error.")
    ] = ProgressStyle.auto,
    videos_path: Annotated[Path | None, typer.Option("--videos_path", parser=path_or_address, hidden=True)] = None,
) -> None:
    """Copy the static videos to OUTPUT/filtered_videos, numbered anew; continues where an earlier call stopped.

    Exit status: 0 every prompt has five static videos (or the scope sets no number), 1 some have fewer or could not
    be judged, 2 wrong call.

    Examples:
      vbench filter-static videos/mine --output videos/static
    """
    from vbench import device as devices
    from vbench.dimensions.profiles import profile as profile_named
    from vbench.files.place import told_of_fetching
    from vbench.files.remote import located
    from vbench.prompts.library import load_suite
    from vbench.runs import static_filter as filtering
    from vbench.runs.custom_plan import prompt_from_name
    from vbench.runs.evaluators import Evaluators
    from vbench.runs.filtered_folder import judge_of

    given = videos or videos_path
    folder = given and located(given)
    if folder is None or not folder.is_dir():
        raise UsageError(f"Name the folder of the sampled videos; {folder or 'nothing'} is none.")
    filtering.refuse_foreign(output)
    paths = filtering.videos_in(folder)
    filtered = scope == filtering.DIMENSION
    keep = filtering.KEEP if filtered else None
    if filtered:
        prompts = filtering.prompts_of_suite(load_suite(suite), scope)
    elif scope == "all":
        prompts = [prompt_from_name(path) for path in paths]
    else:
        prompts = filtering.prompts_of_list(Path(scope))
    evaluators = Evaluators(profile_named(profile), devices.choose(device), filtered=(filtering.DIMENSION,))
    watch = progress_of(progress)
    with filtering.judged_apart(evaluators, memory * 2**20) as look:
        judge = filtering.logged(look, evaluators, output / filtering.LOG)
        watch.start(len(paths), 0, "videos")
        try:
            with told_of_fetching(watch.note):
                found = filtering.filter_static(paths, prompts, judge, keep, lambda path: watch.unit(path.name))
        except BaseException:
            watch.finish()
            watch.note(f"the verdicts that were made are stored in {output / filtering.LOG}")
            raise
        finally:
            watch.finish()
    target = filtering.write_filtered(found, output, judge_of(profile))
    named = f" --suite {suite}" if suite and keep else ""
    named += "" if profile == "official" else f" --profile {profile}"
    _tell(found, f"vbench evaluate {target}{named} -d temporal_flickering --output RUN", target, keep, json_output)
    raise typer.Exit(1 if found.unjudged or (keep and found.short) else 0)


def _tell(found: Filtered, following: str, target: Path, keep: int | None, as_json: bool) -> None:
    static = {prompt: [str(path) for path in paths] for prompt, paths in found.static.items()}
    unjudged = {str(path): reason for path, reason in found.unjudged.items()}
    if as_json:
        print_json({"videos": str(target), "static": static, "unjudged": unjudged})
        return
    typer.echo(f"{sum(map(len, static.values()))} static videos of {len(static)} prompts are in {target}")
    for path, reason in unjudged.items():
        typer.echo(f"not judged: {path}: {reason}", err=True)
    if keep:
        for prompt, count in found.short.items():
            typer.echo(f"fewer than {keep} static videos ({count}): {prompt}", err=True)
    typer.echo(f"Next: {following}")
    typer.echo("RUN may hold the other dimensions' scores already, from the folder of all videos.")
