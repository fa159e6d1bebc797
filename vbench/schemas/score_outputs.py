"""What the commands say of scores: cards, comparisons, gates, distances, checks."""

from __future__ import annotations

from vbench.analysis.gate import Judged
from vbench.analysis.interval import Interval
from vbench.analysis.run_diff import Difference, Moved
from vbench.analysis.sensitivity import Sweep
from vbench.benchmarks.registry import BENCHMARKS, benchmark_named
from vbench.distances.protocols import Protocol
from vbench.distances.result import KIND, Distance
from vbench.distances.result import VERSION as DISTANCES_VERSION
from vbench.distances.spread import Part
from vbench.errors import PluginError
from vbench.parity.grade import DEVIATES, WITHIN
from vbench.parity.grade import MISSING as UNTOLD
from vbench.reports.citation import PACKAGES as CITED
from vbench.runs.foreseen import Foreseen
from vbench.runs.preflight import Finding
from vbench.runs.verify import MISSING, NOT_SCORED, OTHER_EVALUATOR, OTHER_SCORE, OTHER_VIDEO
from vbench.schemas.document import Document
from vbench.schemas.form import (
    Schema,
    anything,
    count,
    digest,
    flag,
    interval,
    maybe,
    named,
    number,
    of,
    one_of,
    record,
    settings,
    several,
    share,
    text,
)
from vbench.schemas.run_files import CHECKPOINTS, MACHINE, PACKAGES, RUN, STATE

COMPARISON_VERSION = 3

RAW = "In the dimension's unit, mostly from 0 to 1; null where no video counts."

NORMALISED = "0 to 1 within the bounds of the benchmark's table, and not clipped to them; null where it is not known."


def part_names() -> list[str]:
    """The parts of every benchmark that is here, each a field of a score card."""
    names: dict[str, None] = {}
    for name in BENCHMARKS.names():
        try:
            names |= dict.fromkeys(part.name for part in benchmark_named(name).parts)
        except PluginError:
            continue
    return list(names)


DIMENSION = record(
    {
        "score": maybe(number(RAW)),
        "interval": interval(),
        "normalised": maybe(number(NORMALISED)),
        "per_video": maybe(
            number("Where clips are judged: the mean of the videos' means; shown beside, never ranked.")
        ),
        "videos": count("That have a score and count."),
        "planned": maybe(count("Scores that a whole run has; null where that is not known.")),
        "whole": flag("Whether nothing that was planned lacks its score, as far as that is known."),
        "not_scored": named(
            count("Videos that ended so.", low=1), "Why others have none.", by="state, such as `too_short`"
        ),
    },
    optional=("per_video",),
)

PARTS = {name: maybe(number(f"The part {name} of its benchmark. {NORMALISED}")) for name in part_names()}

VIDEO_SCORE = record(
    {
        "video": text("Path in the folder of the videos, with forward slashes."),
        "prompt": text("That it is judged against."),
        "category": text("Content category; empty without one."),
        "dimension": text("Name of the dimension."),
        "score": maybe(number(RAW)),
        "weight": maybe(number("What it counts in the dimension's score; 0 does not count.", low=0)),
        "status": STATE,
        "reason": text("Why there is no score; empty where there is one."),
        "sha256": text("Of the video; empty where it could not be read."),
    }
)

CARD: dict[str, Schema] = {
    "benchmark": text("Name of the benchmark by whose rules the scores are normalised."),
    "profile": text("Which backbones looked: `official`, `lite`, or `unknown` for the reference's files."),
    "comparable": flag("Whether the scores compare with the published leaderboard."),
    "samples": count("Videos a prompt that were looked for; 0 where that is not known."),
    "options": named(settings(), "Settings that are not the protocol's.", by="dimension"),
    "dimensions": named(DIMENSION, "What was evaluated, in the order of the table.", by="dimension"),
    **PARTS,
    "total": maybe(number(f"The Total. {NORMALISED}")),
    "intervals": named(interval(), "95 % intervals of the parts and the Total.", by="part, or `total`"),
    "partial": flag("Whether parts and Total are over what is there."),
    "scored": count("Scores that there are, over all dimensions."),
    "planned": maybe(count("Scores that a whole run has; null where that is not known.")),
    "missing": several(text(), "Dimensions without a score."),
    "incomplete": several(text(), "Dimensions that lack scores which were planned."),
    "not_evaluated": named(text(), "Why a dimension has no score at all.", by="dimension"),
    "by_category": named(
        named(number("In the dimension's unit."), by="dimension"), "The same by content.", by="category"
    ),
}
"""Fields of a score card; of the parts it has those of its benchmark."""

FOLDER = text("Folder of the run.")

SCORE = record({**CARD, "per_video": several(VIDEO_SCORE, "With `--videos`.")}, optional=(*PARTS, "per_video"))

EVALUATED = record({"run": FOLDER, **CARD}, optional=PARTS)

MERGED = record(
    {
        "run": FOLDER,
        "missing_shards": several(text(), "Shards that were not given, such as `3/16`."),
        "unfinished_shards": several(text(), "Shards that were not whole."),
        **CARD,
    },
    optional=PARTS,
)

GATE = record(
    {
        "run": FOLDER,
        "benchmark": text("Whose gate."),
        "passes": flag("Whether it passes."),
        "vbench_score": maybe(number("In points, 0 to 100; null where a dimension has no score.")),
        "interval": interval("Ends of its 95 % interval over prompts, in points."),
        "threshold": number("In points.", 0, 100),
        "distance": maybe(number("Score less threshold, in points.")),
        "draws_that_pass": maybe(share("Share of draws of the prompts that reach the threshold.")),
        "faults": several(text(), "Why it fails whatever its score."),
        "dimensions": named(number("Raw, 0 to 1."), "What it is the mean of.", by="dimension"),
    }
)

VERDICT = text("Of the figures.", among=(WITHIN, DEVIATES, UNTOLD))

PARITY = record(
    {
        "within": flag("Whether every figure is within its tolerance."),
        "dimensions": named(
            record(
                {
                    "verdict": VERDICT,
                    "results_of_other_videos": count("Of videos that are not the kit's."),
                    "figures": named(
                        record(
                            {
                                "reference": number("Of the reference, on its scale."),
                                "found": maybe(number("In its place; null for nothing.")),
                                "deviation": maybe(number("Between the two; null for nothing.", 0)),
                                "tolerance": number("Up to which it may deviate.", 0),
                                "verdict": VERDICT,
                            }
                        ),
                        "What was compared.",
                        by="clip, or aggregate",
                    ),
                }
            ),
            "Each that was asked for.",
            by="dimension",
        ),
    }
)

SCORED = record({"score": number("Raw; of parts and the Total 0 to 1."), "interval": interval()})

CITATION = record(
    {
        "benchmark": record(
            {"name": text("For `--benchmark`."), "title": text("For people."), "paper": text("To cite.")},
            "Whose prompts and rules they are.",
        ),
        "suite": record(
            {
                "name": text("Empty without a suite."),
                "sha256": text("Empty without one."),
                "prompts": count("Prompts that videos answer."),
                "samples": count("Videos a prompt; 0 where there is no number of them."),
            },
            "Prompt suite.",
        ),
        "text": record(
            {"generated_from": text("What the model was fed."), "evaluated_against": text("What the videos answer.")},
            "Prompts, and what they became.",
        ),
        "model": text("Name of the generator, or `not recorded`."),
        "seeds": text("Of how many videos they are recorded."),
        "videos": record(
            {
                "count": count("That were looked at."),
                "formats": named(count("Scores of such videos."), "Their forms.", by="size, rate, length and codec"),
                "files": named(count("Videos of it."), "Kinds of files.", by="suffix of the files"),
            },
            "What was judged.",
        ),
        "profile": text("Which backbones looked."),
        "precision": text("Of the arithmetic, such as `float32`."),
        "cutting": RUN["properties"]["cutting"],
        "checkpoints": named(
            record({"sha256": digest(), "published": CHECKPOINTS["additionalProperties"]["properties"]["published"]}),
            "What judged.",
            by="checkpoint",
        ),
        "dimension_versions": RUN["properties"]["dimension_versions"],
        "decoding_versions": RUN["properties"]["decoding_versions"],
        "filter_versions": RUN["properties"]["filter_versions"],
        "machine": record(
            {name: MACHINE["properties"][name] for name in ("processor", "device", "accelerator")}, "What computed."
        ),
        "packages": record({name: text("Version.") for name in CITED}, "What can move a number most.", optional=CITED),
        "started": text("UTC, ISO 8601."),
        "whole": flag("Whether every score that was planned is there."),
        "counted": text("How many scores there are of those that a whole run has."),
        "scores": named(SCORED, "Those that are there.", by="dimension, part or `total`"),
        "exceptions": several(text(), "What makes it another score than the protocol's."),
        "digest": digest("SHA-256 of all other facts, so that a cited block can be held against the run."),
    }
)

DIFFERENCE = record(
    {
        "first": number("Score of the first run on the shared prompts, in points."),
        "second": number("Score of the second run on them, in points."),
        "change": number("Second less first, in points."),
        "low": maybe(
            number("Lower end of the change's 95 % interval, in points; null over one prompt, or if all moved alike.")
        ),
        "high": maybe(number("Upper end, in points; null over one prompt, or if all moved alike.")),
        "p": share("Probability of such a change if the runs were the same, two-sided, not adjusted."),
        "p_adjusted": share("The same after Holm's adjustment over all that was compared together."),
        "effect": maybe(number("Cohen's d for pairs; null for the parts and the Total.")),
        "prompts": count("Shared prompts."),
        "prompts_to_settle": maybe(count("Prompts at which a true change of this size is found with 80 % power.")),
        "verdict": text(
            "In words.",
            among=("better", "worse", "no difference beyond noise", "too few prompts for a verdict"),
        ),
    }
)

DIFFERENCES = named(DIFFERENCE, "The change of each score.", by="dimension, part or `total`")

MOVED = record(
    {
        "prompt": text("Its text."),
        "dimension": text("That says so."),
        "first": number("Its score in the first run, in points."),
        "second": number("In the second, in points."),
        "change": number("Second less first, in points."),
    }
)

COMPARISON = record(
    {
        "version": {"const": COMPARISON_VERSION, "description": "Of this form; 1 had no remarks, 2 no null ends."},
        "unit": {"const": "points", "description": "Of scores and changes."},
        "benchmark": text("Whose rules made the parts and the Total."),
        "first": text("Name of the yardstick."),
        "comparisons": several(
            record(
                {
                    "second": text("Name of the run."),
                    "objections": several(text(), "Why the two should not be compared; empty unless it was forced."),
                    "gaps": named(text("What is not there."), "What is not whole.", by="dimension, part or `total`"),
                    "remarks": several(
                        text(), "In what else the two are other scores: text, samples, formats, precision."
                    ),
                    "differences": DIFFERENCES,
                    "by_category": named(DIFFERENCES, "The same within each.", by="content category"),
                    "moved": several(MOVED, "Prompts that moved most."),
                }
            ),
            "Each run against the first.",
        ),
        "gate": maybe(
            record(
                {"met": flag("Whether all conditions are."), "conditions": several(of(Judged), "Each of them.")},
                "With `--gate`.",
            )
        ),
    }
)

DIFF = record(
    {
        "differences": several(of(Difference), "Most likely cause first."),
        "moved": several(
            record({**of(Moved)["properties"], "change": number("Second less first, in the dimension's unit.")}),
            "Prompts that moved most, in the dimension's unit.",
        ),
    }
)

VERIFIED = record(
    {
        "scored_again": count("Scores that were made again."),
        "held": count("Of them, those that held."),
        "findings": several(
            record(
                {
                    "video": text("Path in the folder of the videos."),
                    "dimension": text("Name of the dimension."),
                    "verdict": text(
                        "What became of the score.",
                        among=(MISSING, OTHER_VIDEO, OTHER_EVALUATOR, OTHER_SCORE, NOT_SCORED),
                    ),
                    "stored": number("In the dimension's unit."),
                    "now": maybe(number("In the dimension's unit; null where it was not made again.")),
                    "reason": text("More about it."),
                }
            ),
            "Scores that did not hold.",
        ),
    }
)

CHECKED = record(
    {
        "files": named(count("Files of it."), "What was found.", by="kind of file"),
        "not_read": named(text("Why."), "Files that nobody looks at.", by="path"),
        "videos": count("That would be looked at."),
        "findings": several(of(Finding, severity=text(among=("error", "warning"))), "What is not as it should be."),
        "profile": text("Whose models would look."),
        "will_not_be_scored": several(of(Foreseen), "What the profile will leave out."),
    }
)

SIDE = record(
    {
        "folder": text("Where the videos lay."),
        "digest": text("Of what the side is: its videos and how they were taken."),
        "videos": count("That were used."),
        "windows": count("Of all of them; frames where frames are compared."),
        "too_short": named(anything("Frames that it has."), "That have no window.", by="video"),
        "unreadable": named(text("Why."), "That could not be read.", by="video"),
        "beyond": count("Videos that are more than the protocol takes."),
    }
)

A_DISTANCE = of(
    Distance,
    interval=interval("Low and high end at 95 %; null where there were too few videos."),
    parts=several(of(Part)),
    itself=maybe(of(Part)),
    draws=count(),
    protocol=record({**of(Protocol, without=("metrics", "note"))["properties"], "digest": digest("Of the settings.")}),
    network=record(
        {
            "name": text("Of the backbone."),
            "checkpoints": {**CHECKPOINTS, "description": "Its files."},
            "versions": record(
                {
                    "decoding": count("Of how videos were read.", low=1),
                    "features": count("Of how their windows were looked at.", low=1),
                },
                "Of what gives its features.",
            ),
        }
    ),
    real=maybe(SIDE),
    generated=SIDE,
    machine=MACHINE,
    packages=PACKAGES,
)

DISTANCES = record(
    {
        "kind": {"const": KIND, "description": "By which the file is known."},
        "version": {"const": DISTANCES_VERSION, "description": "Of this form."},
        "results": several(A_DISTANCE, "One for each metric."),
    }
)

CORRELATION = maybe(of(Interval, "With its 95 % interval; null where all are equal."))

ALIGNED = record(
    {
        "by": text("What is held against people.", among=("win-ratio", "mean")),
        "dimensions": named(
            record(
                {
                    "models": named(
                        record(
                            {"win_ratio": of(Interval, "Among people, 0 to 1."), "score": of(Interval, "By score.")}
                        ),
                        "What people and scores say of each.",
                        by="model",
                    ),
                    "spearman": CORRELATION,
                    "pearson": CORRELATION,
                    "kendall": CORRELATION,
                    "agreement": CORRELATION,
                    "pairs": count("Judged pairs that count."),
                    "pairs_of_seen_videos": count("Of them, pairs whose very videos are scored."),
                    "pairs_left_out": count("Judged pairs of which one has no score."),
                    "caution": text("What to bear in mind; empty if nothing."),
                }
            ),
            "What people judged.",
            by="dimension, or `overall`",
        ),
        "not_aligned": named(text("Why."), "What people judged and scores do not.", by="dimension"),
    }
)

DOCUMENTS = (
    Document("score", 1, "The score card of a run", SCORE, ("score",)),
    Document("evaluate", 1, "The score card of the run that was made, or of several",
             one_of(EVALUATED, record({"runs": several(EVALUATED, "Of several benchmarks.")})), ("evaluate",)),
    Document("merge", 1, "The score card of a run of shards", MERGED, ("merge",)),
    Document("gate", 1, "A run at the gate of its benchmark", GATE, ("gate",)),
    Document("parity", 1, "Result files against the reference's figures", PARITY, ("parity",)),
    Document("card", 2, "What the scores of a run are scores of", CITATION, ("card",)),
    Document("compare", COMPARISON_VERSION, "Runs against a first one", COMPARISON, ("compare",)),
    Document("diff", 1, "In what two runs differ", DIFF, ("diff",)),
    Document("verify", 1, "Scores that were made again", VERIFIED, ("verify",)),
    Document("check", 1, "What is wrong with the videos", CHECKED, ("check",)),
    Document("sensitivity", 1, "What dimensions do when a defect is turned up", several(of(Sweep)), ("sensitivity",)),
    Document("align", 1, "Scores against what people prefer", ALIGNED, ("align",)),
    Document("distance", DISTANCES_VERSION, "How far generated videos are from real ones", several(A_DISTANCE),
             ("distance",)),
    Document("distances.json", DISTANCES_VERSION, "The file of vbench distance -o", DISTANCES),
    Document("video-scores.csv", 1, "One score of a table of vbench score -o", VIDEO_SCORE, lines=True),
)  # fmt: skip
