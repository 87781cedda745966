"""What tests counted beside pytest: printed at their end, and added up by `make test`."""

from __future__ import annotations

import json
import os
import sys
from collections import Counter
from pathlib import Path

FOLDER = "AHU_TEST_COUNTS"
"""A variable: the folder in which each run leaves its counts for the sum of all."""

_counts: Counter[str] = Counter()


def count(what: str, number: int = 1) -> None:
    """So many more of these; what: a plural, such as "fuzz programs"."""
    _counts[what] += number


def lines() -> list[str]:
    """One per thing that was counted in this process."""
    return [f"{what}: {number:,}" for what, number in sorted(_counts.items())]


def leave(name: str) -> None:
    """Writes this process's counts to the folder that `make test` names, if it names one."""
    folder = os.environ.get(FOLDER)
    if folder and _counts:
        Path(folder).mkdir(parents=True, exist_ok=True)
        (Path(folder) / f"{name}.json").write_text(json.dumps(_counts))


def main(folder: str) -> None:
    """Prints the sums of all runs that left their counts in the folder."""
    for path in sorted(Path(folder).glob("*.json")):
        _counts.update(json.loads(path.read_text()))
    print("in all runs together: " + "; ".join(lines()))


if __name__ == "__main__":
    main(sys.argv[1])
