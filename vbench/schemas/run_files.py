"""What lies in the folders of videos and of runs."""

from __future__ import annotations

from vbench.leaderboard.submissions.model_card import ACCESS, ModelCard
from vbench.leaderboard.submissions.pack import PRIVATE
from vbench.leaderboard.submissions.scores_file import CHOSEN, FORMAT
from vbench.runs.plan import MODES
from vbench.runs.record import FINISHED, INTERRUPTED, RECORD_VERSION, RUNNING, RunRecord
from vbench.runs.store import FAILED, FINAL, SCHEMA_VERSION, Row
from vbench.sampling.manifest import SampleRecord
from vbench.sampling.record import RECORD_VERSION as SAMPLING_VERSION
from vbench.sampling.story import VERSION as STORY_VERSION
from vbench.sampling.story_file import Scene
from vbench.schemas.document import Document
from vbench.schemas.form import (
    SHA256,
    anything,
    count,
    digest,
    flag,
    maybe,
    named,
    number,
    of,
    record,
    settings,
    several,
    text,
)

STATE = text("`scored`, or why there is no score.", among=(*FINAL, FAILED))

PACKAGES = named(text(), "Version of Python and of every installed package that can move a number.", by="package")

MACHINE = record(
    {
        "system": text("Operating system."),
        "processor": text("Model of the processor."),
        "device": text("What computed, such as `cpu` or `cuda:0`."),
        "accelerator": text("Model of the GPU; empty without one."),
        "dtype": text("Precision of the arithmetic, such as `float32`."),
        "threads": anything("Threads of the arithmetic; of several machines that differ, all values as a text."),
        "at_once": anything("How many videos looked at together fitted into the memory, where it was not all."),
    },
    "Where it was computed; of several machines that differ, all values.",
    optional=("at_once",),
)

CHECKPOINTS = named(
    record(
        {
            "file": text("Name of the file."),
            "sha256": digest("SHA-256 of the file, or of a folder's content."),
            "published": maybe(flag("Whether it is the published one; null where nobody has published a digest.")),
        }
    ),
    by="checkpoint",
)

SUITE = record(
    {"name": text("Name; empty without a suite."), "sha256": text("SHA-256; empty without one.")}, "The prompt suite."
)

RUN = of(
    RunRecord,
    mode=text(among=MODES),
    status=text(among=(RUNNING, INTERRUPTED, FINISHED)),
    suite=record(SUITE["properties"]),
    planned=named(count(), by="dimension"),
    samples=count(),
    dimension_versions=named(count(low=1), by="dimension"),
    decoding_versions=named(count(low=1), by="dimension"),
    filter_versions=named(count(low=1), by="dimension"),
    cutting=record(
        {
            "version": count("Of the rules of cutting."),
            "reencode": flag("Whether clips were compressed once more."),
            "scenes": flag("Whether videos were cut where a scene ends first."),
        },
        optional=("version", "reencode", "scenes"),
    ),
    checkpoints=CHECKPOINTS,
    machine=MACHINE,
    packages=PACKAGES,
    shard=record(
        {
            "number": count("Which one, from 1.", low=1),
            "of": count("How many there are.", low=1),
            "plans": named(digest(), "Digest of the whole plan.", by="dimension"),
            "filtered": named(count(), "Scores that the shard has when it is whole.", by="dimension"),
        },
        optional=("number", "of", "plans", "filtered"),
    ),
    version={"const": RECORD_VERSION},
)

ROW = of(Row, status=STATE, weight=maybe(number(low=0)), seconds=number(low=0))

SAMPLE = {**of(
    SampleRecord,
    index=count(),
    sha256=text(like=f"^$|{SHA256}"),
    measured=maybe(
        record(
            {
                "frames": count("Number of frames.", low=1),
                "height": count("In pixels.", low=1),
                "width": count("In pixels.", low=1),
                "fps": number("Frames a second.", low=0),
            }
        )
    ),
    read=maybe(
        named(
            record({
                "tokens": count("Kept, with the marks of start and end."), "cut": count("That were not kept."),
                "lost": text("The text that was cut off."),
            }),
            by="tokenizer",
        )
    ),
), "required": ["file", "prompt"]}  # fmt: skip
"""What ``vbench generate`` writes has every field; of a manifest that somebody else writes, two are needed."""

SEED = maybe(number(kind="integer"))

PLAYER = record(
    {
        "model": text("Generator, with its techniques and enhancers."),
        "seed": {**SEED, "description": "Base seed; null where the generator has none."},
        "settings": settings("What was asked for."),
        "provenance": settings("What the generator says of itself."),
        "model_file": settings("The model file that named it; empty without one."),
    }
)

SAMPLING = record(
    {
        "version": {"const": SAMPLING_VERSION, "description": "Of this form."},
        "status": text("Whether the call that wrote it went to its end.", among=(RUNNING, INTERRUPTED, FINISHED)),
        "started": text("First call, UTC, ISO 8601."),
        "ended": maybe(text("Last call, UTC, ISO 8601; null while it runs.")),
        "model": text("Generator, with its techniques and enhancers."),
        "seed": maybe(number("Base seed; null where the generator has none.", kind="integer")),
        "settings": settings("What was asked for: frames, size, fps, steps, guidance."),
        "provenance": settings("What the generator says of itself: files with digests, options."),
        "extender": text("Who extended the prompts; empty if nobody did."),
        "benchmark": text("Name of the benchmark that the videos are for."),
        "pictures": maybe(
            record({"folder": text("Absolute."), "ratio": text("Such as `16-9`.")}, "That the videos start from.")
        ),
        "model_file": settings("The model file that named the generator; empty without one."),
        "suite": record(
            {
                "name": maybe(text("Name or path; null where prompts were given by themselves.")),
                "sha256": text("SHA-256 of the prompts."),
                "category": maybe(text("Content category; null for all.")),
                "dimensions": several(text(), "Only prompts of these; empty for all."),
                "samples": maybe(count("Videos a prompt; null where dimensions differ.", low=1)),
            },
            "What was sampled of which prompts.",
        ),
        "skipped": text("What of the suite is not sampled, and why; empty if nothing."),
        "arguments": several(text(), "Of the command line, of the last call."),
        "packages": PACKAGES,
        "failures": named(text(), "Why a video could not be made.", by="file"),
    },
    "How a folder's videos were sampled, and for what.",
)

STORY = record(
    {
        "version": {"const": STORY_VERSION, "description": "Of this form."},
        "status": text("While it runs, only version, title and digest stand beside it.", among=(RUNNING, FINISHED)),
        "title": text("Of the story."),
        "file": text("Name of the video."),
        "sha256": digest("SHA-256 of the video."),
        "digest": digest("SHA-256 of the scenes as they were asked for."),
        "frames": count("Of the video.", low=1),
        "fps": number("Frames a second.", low=0),
        "flaws": several(text(), "What was seen to be wrong with the frames."),
        "ended": text("UTC, ISO 8601."),
        "scenes": several(of(Scene, image=maybe(text()), seed=SEED, transition_seed=SEED), "In their order."),
        "players": record(
            {role: maybe({**PLAYER, "description": "Null where none were made."}) for role in ("shots", "transitions")},
            "Who made the parts.",
        ),
        "parts": several(
            record(
                {
                    "part": text("Kind of the part.", among=("shots", "transitions")),
                    "scene": count("Number of the scene, or of the one that it leads away from."),
                    "at": count("Frame of the video at which it begins."),
                    "taken": several(
                        count(), "Frames of its file that are in the video: from, and to before.", exactly=2
                    ),
                    **SAMPLE["properties"],
                }
            ),
            "What the video is made of, in its order.",
        ),
        "packages": PACKAGES,
    },
    "A video of several scenes.",
    optional=("file", "sha256", "frames", "fps", "flaws", "ended", "scenes", "players", "parts", "packages"),
)

SCORE_LOG = record(
    {
        "step": count("Of the training."),
        "videos": count("That were scored at this step."),
        "scores": named(
            number("Mean over the videos that could be scored, in the dimension's unit."), "Means.", by="dimension"
        ),
        "not_scored": named(
            named(count("Videos of it.", low=1), by="reason"), "Videos without a score, and why.", by="dimension"
        ),
        "profile": text("Which models judged."),
        "made_with": named(
            text("Digest of version, decoding, checkpoints, options and kind of device.", like="^[0-9a-f]{16}$"),
            "What judged; scores of a dimension compare where it is alike.",
            by="dimension",
        ),
    },
    "Scores of samples at a step of a training.",
    optional=("profile", "made_with"),
)  # fmt: skip

CARD = {
    **of(
        ModelCard,
        access=text(among=("", *ACCESS)),
        fps=maybe(number(low=0)),
        frames=maybe(count(low=1)),
        seconds=maybe(number(low=0)),
        steps=maybe(count(low=1)),
        guidance=maybe(number(low=0)),
        parameters=maybe(number(low=0)),
    ),
    "required": ["name", "sampled_by", "evaluated_by"],
}

SUBMISSION = record(
    {
        "format": {"const": FORMAT, "description": "Of the archive; a board reads every older one."},
        "card": CARD,
        "record": {
            **of(RunRecord, without=PRIVATE), "description": "`run.json` without what is only its maker's.",
            "properties": {name: form for name, form in RUN["properties"].items() if name not in PRIVATE},
        },
        "partial": flag("Whether it is meant to be a part of a result; it is not ranked."),
    },
    "The head of a submission.",
    optional=("record",),
)  # fmt: skip

SUBMITTED_SCORE = record(
    {
        "video": ROW["properties"]["video"],
        "prompt": ROW["properties"]["prompt"],
        "dimension": ROW["properties"]["dimension"],
        "status": STATE,
        "value": ROW["properties"]["value"],
        "weight": ROW["properties"]["weight"],
        "category": ROW["properties"]["category"],
        "format": ROW["properties"]["format"],
        "content": text("SHA-256 of the video; empty where it could not be read.", like=f"^$|{SHA256}"),
        "damage": text("In which way the file is damaged that decodes all the same; empty where it is not."),
        "static": text("`chosen` where the static filter chose the video.", among=("", CHOSEN)),
    },
    "What one dimension said of one video of a submission.",
)

DOCUMENTS = (
    Document("run.json", RECORD_VERSION, "What a run was made with", RUN),
    Document("run.sqlite", SCHEMA_VERSION, "One row of a run, as Python and tables have it", ROW, lines=True),
    Document("samples.jsonl", 1, "One sampled video", SAMPLE, lines=True),
    Document("sampling.json", SAMPLING_VERSION, "How a folder's videos were sampled", SAMPLING),
    Document("story.json", STORY_VERSION, "A video of several scenes", STORY),
    Document("score-log.jsonl", 2, "Scores during a training, by ScoreLog", SCORE_LOG, lines=True),
    Document("card.json", 1, "The model card of a submission", {**CARD, "required": []}),
    Document("submission.json", FORMAT, "The head of a submission's archive", SUBMISSION),
    Document("scores.jsonl", FORMAT, "One score of a submission", SUBMITTED_SCORE, lines=True),
)
