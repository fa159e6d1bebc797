"""Make the digests of an official suite's prompts from the published file; a board checks prompts against them.

python perf/official_digests.py VBench_full_info.json
python perf/official_digests.py vbench2_i2v_full_info.json
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from vbench.prompts.digests import DATA, prompt_digest
from vbench.prompts.official import I2V_NAME, I2V_SHA256, NAME, SUITE_SHA256
from vbench.prompts.suite import read_suite

PUBLISHED = {SUITE_SHA256: NAME, I2V_SHA256: I2V_NAME}


def main(source: Path) -> None:
    """Write the digests and the dimensions that each prompt tests."""
    suite = read_suite(source)
    if suite.digest not in PUBLISHED:
        known = " or ".join(PUBLISHED)
        raise SystemExit(f"{source} is no published file: sha256 {suite.digest}, expected {known}.")
    target = DATA[PUBLISHED[suite.digest]]
    found: dict[str, set[str]] = {}
    for prompt in suite:
        found.setdefault(prompt_digest(prompt.text), set()).update(prompt.dimensions)
    lines = [f" {json.dumps(digest)}: {json.dumps(sorted(found[digest]))}" for digest in sorted(found)]
    target.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
    print(f"{len(found)} prompts: {target}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
