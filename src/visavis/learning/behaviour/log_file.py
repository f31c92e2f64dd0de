"""Anybody's table of events -> series and classes, each row checked."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from visavis.behaviour.series import Series, microseconds
from visavis.errors import TableInvalid
from visavis.learning.behaviour.sequences import NONE
from visavis.learning.cells import Column, Kind, Unit
from visavis.learning.tables import numbered, read_table

CLOCK_SKEW = timedelta(minutes=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """What the columns are called. One of kind and item is enough; what a file lacks of the others is left out."""

    member: str = "member"
    time: str = "time"
    kind: str | None = None
    item: str | None = None
    placement: str | None = None
    value: str | None = None
    dwell: str | None = None
    label: str | None = None  # behaviour class of the member at that event; may be empty
    unit: Unit = Unit.S
    zone: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Labelled:
    """Events, and the class at each."""

    series: Series
    classes: tuple[str, ...]
    labels: NDArray[np.int64] = field(repr=False)  # (N,): index into classes, or NONE


def read_log(path: Path, columns: Columns, *, now: datetime) -> Labelled:
    """Every row as an event; rows may stand in any order, those of one moment keep theirs.

    Args:
        path: CSV with a header, or Parquet.
        columns: what they are called; those that are not named are looked for by their usual names.
        now: aware UTC; later rows are refused.

    Raises:
        TableInvalid: names file, row and column: a column or cell that is missing, a number that is none or not finite,
            a negative dwell, a time in the future, a row that stands twice, one class alone.
        TableEmpty: there is no row.
    """
    table = dict(read_table(path, _wanted(columns)))
    for name in {"value", "dwell_s"} & table.keys():
        table[name] = np.nan_to_num(table[name])  # an empty cell
    if "kind" not in table and "item" not in table:
        raise TableInvalid(f"{path.name}: there is neither a column of kinds nor one of items; name one of them")
    _check(path.name, columns, table, now)
    members, kinds, items, places = (_coded(table, name) for name in ("member", "kind", "item", "placement"))
    given: dict[str, NDArray[Any]] = {}
    for name, (numbers, names) in (("kind", kinds), ("item", items), ("placement", places)):
        if names:
            given[name] = numbers
    for name in ("value", "dwell_s"):
        if name in table:
            given[name] = table[name]
    series = Series.of_columns(
        whose=members[0],
        at=table["time"],
        members=members[1],
        kinds=kinds[1] or ("event",),
        items=items[1],
        placements=places[1],
        **given,
    )
    label, classes = _coded(table, "label")
    if len(classes) == 1:
        raise TableInvalid(
            f"{path.name}: column {columns.label or 'class'}: one class alone; nothing can be told apart"
        )
    order = np.lexsort((table["time"], members[0]))
    return Labelled(
        series=series, classes=classes, labels=label[order] if classes else np.full(len(series), NONE, np.int64)
    )


def _wanted(columns: Columns) -> dict[str, Column]:
    usual = {"kind": "kind", "item": "item", "placement": "placement", "label": "class"}
    amounts = {"value": ("value", columns.value), "dwell_s": ("dwell", columns.dwell)}
    wanted = {
        "row": Column(kind=Kind.ROW),
        "member": Column(name=columns.member),
        "time": Column(name=columns.time, kind=Kind.TIME, unit=columns.unit, zone=columns.zone),
    }
    for name, otherwise in usual.items():
        given: str | None = getattr(columns, name)
        wanted[name] = Column(name=given or otherwise, required=given is not None, empty=name != "kind")
    for name, (otherwise, given) in amounts.items():
        wanted[name] = Column(kind=Kind.NUMBER, name=given or otherwise, required=given is not None, empty=True)
    return wanted


def _check(file: str, columns: Columns, table: Mapping[str, NDArray[Any]], now: datetime) -> None:
    row = table["row"]
    late = np.flatnonzero(table["time"] > microseconds(now + CLOCK_SKEW))
    if len(late):
        wrong = f"row {row[late[0]]}, column {columns.time}"
        raise TableInvalid(f"{file}: {wrong}: lies in the future; check the clock or the zone")
    if "dwell_s" in table:
        short = np.flatnonzero(table["dwell_s"] < 0)
        if len(short):
            raise TableInvalid(f"{file}: row {row[short[0]]}, column {columns.dwell or 'dwell'}: less than 0 seconds")
    seen: dict[tuple[Any, ...], int] = {}
    parts = [table[name].tolist() for name in table if name != "row"]
    for number, cells in zip(row.tolist(), zip(*parts, strict=True), strict=True):
        first = seen.setdefault(cells, number)
        if first != number:
            raise TableInvalid(f"{file}: row {number}: the same as row {first}; remove one of them")


def _coded(table: Mapping[str, NDArray[Any]], name: str) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    """Numbers of the names in a column, NONE for an empty cell; no names where the file lacks the column."""
    if name not in table:
        return np.empty(0, np.int64), ()
    cells = table[name]
    filled = cells != ""
    numbers = np.full(len(cells), NONE, np.int64)
    coded, names = numbered(cells[filled]) if filled.any() else (np.empty(0, np.int64), ())
    numbers[filled] = coded
    if name != "label":
        return numbers, names
    order = sorted(range(len(names)), key=names.__getitem__)  # classes by name, whatever comes first in the file
    ranks = np.empty(len(names) + 1, np.int64)
    ranks[order], ranks[-1] = np.arange(len(names)), NONE
    return ranks[numbers], tuple(names[k] for k in order)
