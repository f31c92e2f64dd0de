"""Damaged files are decoded in a child process; what became of them is counted, and a death names its seed."""

import json
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

CHILD = Path(__file__).with_name("fuzz_child.py")


@dataclass(slots=True)
class Findings:
    """What became of many damaged files."""

    outcomes: Counter[str] = field(default_factory=Counter)
    failed: list[str] = field(default_factory=list)  # seed and what happened
    slowest: tuple[float, int] = (0.0, -1)  # seconds, seed
    hungriest: tuple[float, int] = (0.0, -1)  # MB of memory for one input over what was held before it, seed

    def __str__(self) -> str:
        counts = "\n".join(f"{n:7,} {outcome}" for outcome, n in self.outcomes.most_common())
        (seconds, slow), (mb, hungry) = self.slowest, self.hungriest
        most = f"at most {seconds:.2f} s (seed {slow}) and {mb:.0f} MB (seed {hungry}) for one"
        return "\n".join([f"{self.outcomes.total():,} files", counts, most, *self.failed])


def fuzz(kind: str, count: int, first: int = 0) -> Findings:
    """Try so many seeds; after a death, a new child goes on with the next seed."""
    found, seed, end = Findings(), first, first + count
    while seed < end:
        seed = _child(kind, seed, end - seed, found) + 1
    return found


def _child(kind: str, first: int, count: int, found: Findings) -> int:
    """The last seed that this child tried."""
    command = [sys.executable, str(CHILD), kind, str(first), str(count)]
    last = first - 1
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, errors="replace"
    ) as child:
        for line in child.stdout or ():
            told = json.loads(line)
            if "end" in told:
                _count(found, told)
            last = told.get("begin", last)
        error = (child.stderr.read() if child.stderr else "")[-1500:]
    if last < first:
        raise RuntimeError(f"the child did not begin: {error}")
    if child.returncode:
        found.outcomes["died"] += 1
        found.failed.append(f"seed {last}: the process ended with {child.returncode}\n{error}")
        return last
    return first + count - 1


def _count(found: Findings, told: dict[str, object]) -> None:
    outcome, seed = str(told["outcome"]), int(str(told["end"]))
    found.outcomes["failed" if told["failed"] else outcome] += 1
    if told["failed"]:
        found.failed.append(f"seed {seed}: {outcome}")
    found.slowest = max(found.slowest, (float(str(told["s"])), seed))
    found.hungriest = max(found.hungriest, (float(str(told["mb"])), seed))
