"""The policy that is asked about, as probabilities of each action at each row of the log."""

from collections.abc import Mapping
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from visavis.errors import TableInvalid
from visavis.learning.estimate import Estimate
from visavis.learning.off_policy.estimators import Rows
from visavis.learning.off_policy.feedback import Feedback, Floats, Whole
from visavis.learning.off_policy.intervals import normal_interval
from visavis.learning.tables import Column, Kind, column_names, read_table
from visavis.recommend.policies import build_chooser
from visavis.recommend.policy import Beliefs
from visavis.types import PolicyName

PROBABILITY = "probability"
OFF = 1e-6  # by which probabilities may miss the sum of 1
Texts: TypeAlias = NDArray[np.object_]
Table: TypeAlias = Mapping[tuple[str, str], float]
"""(position, action) -> probability."""


def by_chooser(name: PolicyName, q: Floats, *, exploration: float) -> Floats:
    """(N, K) of a chooser that believes the reward model, which never saw the row that it is asked about.

    Args:
        name: how it chooses; one that goes by widths has none here, and one that is trained elsewhere is refused.
        q: (N, K) reward expected of each action.
        exploration: as a scenario's: larger explores less.

    Raises:
        PolicyUntrained: it needs a model of its own.
    """
    chooser = build_chooser(name, exploration=exploration)
    none = np.zeros(q.shape[1])
    return np.stack([chooser.probabilities(Beliefs(row, none)) for row in q])


def by_table(table: Table, feedback: Feedback, source: str) -> Floats:
    """(N, K) of probabilities by position and action; raises TableInvalid when the log has a position more."""
    places = {position for position, _ in table}
    missing = [position for position in feedback.positions if position not in places]
    if missing:
        raise TableInvalid(f"{source}: nothing for position {missing[0]!r}, which the log has; add its rows")
    of_position = np.array([[table.get((p, a), 0.0) for a in feedback.actions] for p in feedback.positions])
    return of_position[feedback.position]


def read_target(path: Path, *, action: str, position: str | None) -> Table:
    """Probabilities by position and action out of a file.

    With a column `probability` the file says them; without, it is a log of that policy, and how often it chose what at
    each position is taken for them: right for a policy that looks at nothing but the position.

    Raises:
        TableInvalid, TableEmpty: names row and column.
    """
    wanted = {"action": Column(name=action)} | ({"position": Column(name=position)} if position else {})
    said = PROBABILITY in column_names(path)
    if said:
        wanted |= {PROBABILITY: Column(kind=Kind.NUMBER), "row": Column(kind=Kind.ROW)}
    table = read_table(path, wanted)
    actions = table["action"]
    positions = table.get("position", np.full(len(actions), "", dtype=object))
    if said:
        return _said(path, positions, actions, table[PROBABILITY], table["row"])
    return _counted(positions, actions)


def observed_mean(path: Path, *, reward: str) -> Estimate | None:
    """Mean reward of the other policy's own log, where it has one; raises TableInvalid."""
    if reward not in column_names(path):
        return None
    values = read_table(path, {"reward": Column(kind=Kind.NUMBER, name=reward)})["reward"]
    return normal_interval(Rows(top=values))


def _said(path: Path, positions: Texts, actions: Texts, shares: Floats, rows: Whole) -> Table:
    found: dict[tuple[str, str], float] = {}
    for row, key, share in zip(rows, zip(positions, actions, strict=True), shares, strict=True):
        where = f"{path.name}: row {int(row)}, column {PROBABILITY}"
        if not 0.0 <= share <= 1.0:
            raise TableInvalid(f"{where}: {share:g} is no probability; write a number from 0 to 1")
        if key in found:
            raise TableInvalid(f"{where}: action {key[1]!r} is there twice at this position; leave one")
        found[key] = float(share)
    for position in dict.fromkeys(positions):
        total = sum(share for (place, _), share in found.items() if place == position)
        if abs(total - 1.0) > OFF:
            at = f" of position {position!r}" if position else ""
            raise TableInvalid(f"{path.name}: column {PROBABILITY}: those{at} sum to {total:.6g}; they must sum to 1")
    return found


def _counted(positions: Texts, actions: Texts) -> Table:
    counts: dict[tuple[str, str], int] = {}
    of_position: dict[str, int] = {}
    for key in zip(positions, actions, strict=True):
        counts[key] = counts.get(key, 0) + 1
        of_position[key[0]] = of_position.get(key[0], 0) + 1
    return {key: count / of_position[key[0]] for key, count in counts.items()}
