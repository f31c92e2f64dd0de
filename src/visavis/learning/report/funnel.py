"""From decision to conversion: how many decisions come how far, in all and by place and item."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from visavis.learning.estimate import Estimate
from visavis.learning.report.log import Decisions

Z = 1.959963984540054  # 97.5 % quantile of the normal distribution
STEPS = ("decided", "delivered", "on_glass", "reacted", "converted")
MOST = 20  # rows of a table by item


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step of the way."""

    name: str  # one of STEPS
    count: int
    of_before: Estimate | None  # share of the step before; None for the first, and where nothing came before


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """The way of the decisions of one place, or about one item."""

    name: str
    shown: int  # on the glass
    reacted: Estimate  # share of those
    reward: float  # mean of those


@dataclass(frozen=True, slots=True, kw_only=True)
class Funnel:
    """The whole way, and where it is better or worse."""

    steps: tuple[Step, ...]
    by_placement: tuple[Group, ...]  # most shown first
    by_item: tuple[Group, ...]
    hidden: int  # groups behind which are fewer people than may be shown


def funnel(decisions: Decisions, top_reward: float) -> Funnel:
    """Shares have Wilson's 95 % interval."""
    on_glass = decisions.delivered & decisions.on_glass
    reacted = on_glass & decisions.reacted
    counts = [
        len(decisions),
        int(decisions.delivered.sum()),
        int(on_glass.sum()),
        int(reacted.sum()),
        int((reacted & decisions.converted(top_reward)).sum()),
    ]
    steps = tuple(
        Step(name=name, count=count, of_before=share(count, counts[n - 1]) if n and counts[n - 1] else None)
        for n, (name, count) in enumerate(zip(STEPS, counts, strict=True))
    )
    places, hidden = _groups(decisions, on_glass, decisions.placement, decisions.placements)
    items, more = _groups(decisions, on_glass, decisions.item, decisions.items)
    return Funnel(steps=steps, by_placement=places, by_item=items[:MOST], hidden=hidden + more)


def _groups(
    decisions: Decisions, on_glass: NDArray[np.bool_], column: NDArray[np.int32], names: Sequence[str]
) -> tuple[tuple[Group, ...], int]:
    found, hidden = [], 0
    for number, name in enumerate(names):
        rows = on_glass & (column == number)
        if not decisions.shown(rows):
            hidden += int(rows.any())
            continue
        count = int(rows.sum())
        reacted = share(int(decisions.reacted[rows].sum()), count)
        found.append(Group(name=name, shown=count, reacted=reacted, reward=float(decisions.reward[rows].mean())))
    return tuple(sorted(found, key=lambda group: (-group.shown, group.name))), hidden


def share(count: int, of: int) -> Estimate:
    """A share with Wilson's interval (1927), which holds for small numbers too; `of` is at least 1."""
    p = count / of
    centre = (p + Z**2 / (2 * of)) / (1 + Z**2 / of)
    half = Z / (1 + Z**2 / of) * sqrt(p * (1 - p) / of + Z**2 / (4 * of**2))
    return Estimate(value=p, low=max(0.0, centre - half), high=min(1.0, centre + half))
