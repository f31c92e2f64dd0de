"""A log of decisions in a file -> `Feedback`, every cell checked."""

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from visavis.errors import TableInvalid
from visavis.learning.off_policy.feedback import Feedback, Floats
from visavis.learning.tables import Column, Kind, column_names, numbered, read_table

MOST_ACTIONS = 10_000
MOST_LEVELS = 20  # of a text column of the context; rarer ones count as one
OFF = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class LogColumns:
    """What the columns of the file are called."""

    reward: str = "reward"
    action: str = "action"
    propensity: str = "propensity"
    position: str | None = None
    member: str | None = None  # rows of one member are not independent
    context: tuple[str, ...] = ()  # names, or patterns such as user_*
    target: str | None = None  # prefix of the columns that hold the other policy's probability of each action


def read_log(path: Path, columns: LogColumns, *, also: Sequence[str] = ()) -> tuple[Feedback, Floats | None]:
    """The log, and the other policy's probabilities (N, K) where the file has them.

    Args:
        path: CSV or Parquet.
        columns: what is called how.
        also: actions that the other policy knows; the log may lack them.

    Raises:
        TableInvalid: names file, row and column, and what to do.
        TableEmpty: there is no row.
    """
    names = column_names(path)
    context = _context_names(path, columns, names)
    table = read_table(path, _wanted(columns, names, context))
    _check_propensities(path, columns, table)
    action, logged = numbered(table["action"])
    actions = tuple(dict.fromkeys((*logged, *also, *_named_targets(columns, names))))
    if len(actions) < 2:
        raise TableInvalid(
            f"{path.name}: column {columns.action}: one action only ({logged[0]!r}), so that there was no choice; "
            "a log of at least two is needed"
        )
    if len(actions) > MOST_ACTIONS:
        raise TableInvalid(
            f"{path.name}: column {columns.action}: {len(actions):,} actions, at most {MOST_ACTIONS:,} are compared; "
            "give the column of items, not of decisions"
        )
    position, positions = numbered(table["position"]) if "position" in table else (np.zeros_like(action), ("",))
    feedback = Feedback(
        reward=table["reward"],
        action=action,
        propensity=table["propensity"],
        actions=actions,
        context=_encoded([table[f"context {name}"] for name in context], len(action)),
        position=position,
        positions=positions,
        groups=numbered(table["member"])[0] if "member" in table else None,
    )
    return feedback, _targets(path, columns, table, actions)


def _context_names(path: Path, columns: LogColumns, names: Sequence[str]) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for pattern in columns.context:
        matching = [name for name in names if fnmatchcase(name, pattern)]
        if not matching:
            raise TableInvalid(f"{path.name}: no column is called {pattern!r}; the file has {', '.join(names[:40])}")
        found |= dict.fromkeys(matching)
    for taken in (columns.reward, columns.propensity):
        if taken in found:
            raise TableInvalid(f"{path.name}: column {taken}: it cannot be context as well; leave it out of --context")
    return tuple(found)


def _wanted(columns: LogColumns, names: Sequence[str], context: Sequence[str]) -> dict[str, Column]:
    wanted = {
        "reward": Column(kind=Kind.NUMBER, name=columns.reward),
        "action": Column(name=columns.action),
        "propensity": Column(kind=Kind.NUMBER, name=columns.propensity),
        "row": Column(kind=Kind.ROW),
    }
    if columns.position is not None:
        wanted["position"] = Column(name=columns.position)
    if columns.member is not None:
        wanted["member"] = Column(name=columns.member)
    wanted |= {f"context {name}": Column(kind=Kind.EITHER, name=name) for name in context}
    prefix = columns.target or ""
    wanted |= {f"target {a}": Column(kind=Kind.NUMBER, name=prefix + a) for a in _named_targets(columns, names)}
    return wanted


def _named_targets(columns: LogColumns, names: Sequence[str]) -> tuple[str, ...]:
    prefix = columns.target
    return () if prefix is None else tuple(name.removeprefix(prefix) for name in names if name.startswith(prefix))


def _check_propensities(path: Path, columns: LogColumns, table: Any) -> None:
    bad = ~((table["propensity"] > 0.0) & (table["propensity"] <= 1.0))
    if bad.any():
        first = int(np.argmax(bad))
        raise TableInvalid(
            f"{path.name}: row {int(table['row'][first])}, column {columns.propensity}: {table['propensity'][first]:g} "
            "is no propensity; write the probability, above 0 and at most 1, with which this action was chosen"
        )


def _targets(path: Path, columns: LogColumns, table: Any, actions: Sequence[str]) -> Floats | None:
    if columns.target is None:
        return None
    missing = [action for action in actions if f"target {action}" not in table]
    if missing:
        raise TableInvalid(f"{path.name}: there is no column {columns.target + missing[0]!r}; one an action is needed")
    target: Floats = np.stack([table[f"target {action}"] for action in actions], axis=1)
    off = (target < 0.0).any(axis=1) | (np.abs(target.sum(axis=1) - 1.0) > OFF)
    if off.any():
        first = int(np.argmax(off))
        raise TableInvalid(
            f"{path.name}: row {int(table['row'][first])}, column {columns.target}*: probabilities are at least 0 and "
            f"sum to 1, not to {target[first].sum():.6g}"
        )
    return target


def _encoded(columns: Sequence[NDArray[Any]], rows: int) -> Floats:
    """(N, D): numbers in standard units, a column for each frequent text."""
    parts = [_standard(column) if column.dtype.kind == "f" else _one_hot(column) for column in columns]
    return np.concatenate(parts, axis=1) if parts else np.zeros((rows, 0))


def _standard(column: NDArray[np.float64]) -> Floats:
    spread = float(column.std())
    units: Floats = (column - column.mean()) / (spread or 1.0)
    return units[:, None]


def _one_hot(column: NDArray[Any]) -> Floats:
    numbers, names = numbered(column)
    frequent = np.argsort(-np.bincount(numbers, minlength=len(names)), kind="stable")[:MOST_LEVELS]
    columns: Floats = (numbers[:, None] == frequent[None, :]).astype(np.float64)
    return columns
