"""What the commands list: benchmarks, dimensions, prompts, checkpoints, generators, and what was sampled."""

from __future__ import annotations

from vbench.benchmarks.base import Counts, Unit, Values
from vbench.schemas.document import Document
from vbench.schemas.form import (
    anything,
    count,
    flag,
    maybe,
    named,
    number,
    one_of,
    record,
    several,
    text,
)

BENCHMARK = record(
    {
        "name": text("For `--benchmark`."),
        "title": text("For people."),
        "paper": text("To cite."),
        "suite": text("Name of its prompt suite; empty where any prompts do."),
        "samples": count("Videos a prompt, of most dimensions; 0 for any number."),
        "unit": text("What is judged.", among=[one.value for one in Unit]),
        "parts": named(number("Weight in the Total."), "Of the score card.", by="part"),
        "has_total": flag("Whether the parts make a Total."),
        "dimensions": named(
            record(
                {
                    "part": text("Empty where the benchmark has none."),
                    "minimum": number("Raw score that becomes 0."),
                    "maximum": number("Raw score that becomes 1."),
                    "weight": number("In its part.", low=0),
                    "values": text("Kind of its scores.", among=[one.value for one in Values]),
                    "counts": text("What weight a video has.", among=[one.value for one in Counts]),
                    "prompts": count("Of the suite that test it; 0 where there is no suite."),
                    "samples": count("Videos a prompt; 0 for any number."),
                    "needs": text("Fact that a prompt must state; empty for none."),
                }
            ),
            "Its table.",
            by="dimension",
        ),
        "on_request": several(text(), "Dimensions that are only evaluated where they are named."),
    }
)

DIMENSION = record(
    {
        "name": text("For `--dimension`."),
        "part": text("Empty where the benchmark has none."),
        "meaning": text("What it measures."),
        "backbones": several(text(), "Models that it needs."),
        "obstacle": text("Why it cannot be evaluated here; empty where it can."),
        "package": text("That brought it; empty for those of vbench-suite."),
    }
)

SUITES = several(
    one_of(
        record(
            {
                "name": text("For `--suite`."),
                "prompts": count("In all."),
                "dimensions": named(count("Prompts that test it."), "That it tests.", by="dimension"),
                "categories": several(text(), "Content categories."),
                "sha256": text("Of the suite."),
            }
        ),
        record({"name": text("For `--suite`."), "obstacle": text("Why it is not here, and what gets it.")}),
    )
)

PLANNED = record(
    {
        "prompt": text("Text of the prompt."),
        "index": count("Number of the sample, from 0."),
        "seed": count("Of the sample's noise."),
        "file": text("What the video is to be called."),
    }
)

WEIGHTS = record(
    {
        "cache": text("Folder where checkpoints are kept."),
        "checkpoints": several(
            record(
                {
                    "name": text("For `vbench weights download`."),
                    "title": text("Network and training."),
                    "licence": text("Of the file."),
                    "address": text("Where it comes from."),
                    "paper": text("To cite."),
                    "pinned": flag("Whether a digest or a commit says which bytes it is."),
                    "published_bytes": maybe(count("Size as published, in bytes.")),
                    "there": flag("Whether it is on this machine."),
                    "path": text("Where it lies, or would."),
                    "bytes": maybe(count("Size on this machine; null where it is not there.")),
                    "note": text("What else to know; mostly empty."),
                }
            ),
            "Those that were asked for.",
        ),
    }
)

GENERATOR = {
    "name": text("For `--model`; techniques and enhancers begin with +."),
    "kind": text("Of what it is.", among=("generator", "diffusers", "technique", "enhancer")),
    "settings": text("With which it samples by default, for people."),
    "meaning": text("What it is."),
    "revision": text("Commit or branch of its files; empty for what reads none."),
}

GENERATORS = one_of(
    several(record(GENERATOR), "All of them."),
    record(
        {
            **GENERATOR,
            "pipeline": text("Class of diffusers."),
            "checkpoint": text("Addresses of its files."),
            "licence": text("Of its files."),
            "options": several(
                record(
                    {
                        "name": text("For `--option`."),
                        "takes": text("Kind of its value."),
                        "default": anything("What holds where it is not given."),
                        "meaning": text("What it does."),
                    }
                ),
                "What `--option` takes.",
            ),
        },
        "One, where it is named.",
        optional=("pipeline", "checkpoint", "licence"),
    ),
    several(
        record(
            {
                "checkpoint": text("Name."),
                "fits": flag("Whether the published files are there and fit."),
                "found": text("What was found."),
                "commit": text("At which they would be read; empty where that is not known."),
            }
        ),
        "With check or pin.",
    ),
)

SAMPLED = {
    "folder": text("Of the videos."),
    "made": count("Videos, or parts of a story, that this call sampled."),
    "kept": count("That were there before."),
    "failures": named(text("Why."), "What could not be made.", by="file, or part of a story"),
}

GENERATED = one_of(
    record(
        {**SAMPLED, "findings": named(several(text("A finding.")), "What is not as it was asked for.", by="file")},
        "Videos of a suite.",
    ),
    record(
        {
            **SAMPLED,
            "video": maybe(text("File of the story; null while parts are missing.")),
            "frames": count("Of the story."),
            "fps": number("Frames a second.", low=0),
        },
        "With `--story`.",
    ),
)

FILTERED = record(
    {
        "videos": text("Folder of the copies."),
        "static": named(several(text()), "Static videos, in the order of their names.", by="prompt"),
        "unjudged": named(text("Why."), "Videos that nobody could judge.", by="path of a video"),
    }
)

SCHEMAS = several(
    record(
        {
            "name": text("For `vbench schema`."),
            "version": count("Of the form.", low=1),
            "title": text("What it is."),
            "commands": several(text(), "That print it."),
            "lines": flag("Whether a file has one such object a line."),
        }
    )
)

DOCUMENTS = (
    Document("schema", 1, "Files and outputs that have a schema", SCHEMAS, ("schema",)),
    Document("benchmarks", 2, "What a model can be judged by", several(BENCHMARK), ("benchmarks",)),
    Document("dimensions", 1, "What can be evaluated here", several(DIMENSION), ("dimensions",)),
    Document("prompts-list", 1, "Prompt suites that are here", SUITES, ("prompts list",)),
    Document("plan", 1, "One video that must be sampled", PLANNED, ("plan",), lines=True),
    Document("weights-list", 1, "Checkpoints", WEIGHTS, ("weights list",)),
    Document("generators", 1, "What can be sampled with", GENERATORS, ("generators",)),
    Document("generate", 1, "What was sampled", GENERATED, ("generate",)),
    Document("filter-static", 1, "Videos that stand still", FILTERED, ("filter-static",)),
)
