"""A log from anybody's tables: events, and decisions where there are any."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from visavis.behaviour.series import Series, moment
from visavis.errors import TableInvalid
from visavis.learning.report.log import Decisions, Log, Names, decisions_of, nameless
from visavis.learning.tables import Column, Kind, Unit, numbered, read_table


def read_log(
    events: Path | None, decisions: Path | None, *, unit: Unit, zone: str | None, called: Mapping[str, str]
) -> Log:
    """The log of one or two files; the moment of the report is the last one in them.

    Events have the columns member and time, and may have kind, item, placement, value, dwell_s. Decisions have time and
    item, and may have member, placement, propensity, candidates, holdout, delivered, on_glass (1 or 0), reward.
    `called` says what a column is called instead.

    Raises:
        TableInvalid, TableEmpty: see `read_table`; or a dwell is negative, a reward or propensity not in [0, 1].
    """
    time = Column(kind=Kind.TIME, unit=unit, zone=zone)
    series = _no_events() if events is None else _series(events, time, called)
    shown = None if decisions is None else _decisions(decisions, time, called)
    last = max([int(at.max()) for at in (series.at, *(() if shown is None else (shown.at,))) if len(at)], default=0)
    files = [path.name for path in (events, decisions) if path is not None]
    return Log(
        title=", ".join(files),
        until=moment(last + 1),
        series=nameless(series),
        decisions=shown,
        names=Names(),
        top_reward=float(shown.reward.max(initial=0)) or 1.0 if shown is not None else 1.0,
    )


def _series(path: Path, time: Column, called: Mapping[str, str]) -> Series:
    optional = Column(required=False, empty=True)
    number = Column(kind=Kind.NUMBER, required=False, empty=True)
    table = _read(
        path,
        called,
        {
            "row": Column(kind=Kind.ROW),
            "member": Column(),
            "time": time,
            "kind": Column(required=False),
            "item": optional,
            "placement": optional,
            "value": number,
            "dwell_s": number,
        },
    )
    _refuse(path, table, "dwell_s", lambda dwell_s: dwell_s < 0, "is no time to stay; at least 0")
    whose, members = numbered(table["member"])
    named = {what: numbered(table[what]) for what in ("kind", "item", "placement") if what in table}
    columns = {what: _index(*found) for what, found in named.items()}
    columns |= {what: np.nan_to_num(table[what]) for what in ("value", "dwell_s") if what in table}
    return Series.of_columns(
        whose=whose,
        at=table["time"],
        members=members,
        kinds=named["kind"][1] if "kind" in named else ("event",),
        items=_names(named, "item"),
        placements=_names(named, "placement"),
        **columns,
    )


def _read(path: Path, called: Mapping[str, str], wanted: Mapping[str, Column]) -> Mapping[str, NDArray[Any]]:
    """The columns by their other names; one that was named must be there."""
    named = {
        name: replace(column, name=called[name], required=True) if name in called else column
        for name, column in wanted.items()
    }
    return read_table(path, named)


def _no_events() -> Series:
    nothing = np.empty(0, np.int64)
    return Series.of_columns(whose=nothing, at=nothing, members=(), kinds=())


def _names(named: Mapping[str, tuple[Any, tuple[str, ...]]], what: str) -> tuple[str, ...]:
    return tuple(name for name in named[what][1] if name) if what in named else ()


def _index(codes: NDArray[np.int64], names: tuple[str, ...]) -> NDArray[np.int64]:
    """Numbers without the empty name, which becomes -1."""
    if "" not in names:
        return codes
    gap = names.index("")
    return np.where(codes == gap, -1, codes - (codes > gap))


def _decisions(path: Path, time: Column, called: Mapping[str, str]) -> Decisions:
    optional = Column(required=False, empty=True)
    flag = Column(kind=Kind.WHOLE, required=False)
    number = Column(kind=Kind.NUMBER, required=False, empty=True)
    table = _read(
        path,
        called,
        {
            "row": Column(kind=Kind.ROW),
            "time": time,
            "item": Column(),
            "member": optional,
            "placement": optional,
            "propensity": number,
            "candidates": Column(kind=Kind.WHOLE, required=False),
            "holdout": flag,
            "delivered": flag,
            "on_glass": flag,
            "reward": number,
        },
    )
    for name in ("holdout", "delivered", "on_glass"):
        _refuse(path, table, name, lambda flags: (flags != 0) & (flags != 1), "is neither 0 nor 1")
    _refuse(path, table, "reward", lambda reward: (reward < 0) | (reward > 1), "is no reward in [0, 1]")
    _refuse(path, table, "propensity", lambda p: (p <= 0) | (p > 1), "is no probability in (0, 1]")
    _refuse(path, table, "candidates", lambda count: (count < 1) | (count > 1_000_000), "is no number of candidates")
    return decisions_of(
        at=table["time"],
        item=table["item"].tolist(),
        members=table["member"].tolist() if "member" in table else None,
        placement=table["placement"].tolist() if "placement" in table else None,
        propensity=table.get("propensity"),
        candidates=table.get("candidates"),
        by_lot=_flag(table, "holdout"),
        delivered=_flag(table, "delivered"),
        on_glass=_flag(table, "on_glass"),
        reward=np.nan_to_num(table["reward"]) if "reward" in table else None,
    )


def _flag(table: Mapping[str, NDArray[Any]], name: str) -> NDArray[np.bool_] | None:
    return table[name].astype(np.bool_) if name in table else None


def _refuse(path: Path, table: Mapping[str, NDArray[Any]], name: str, wrong: Any, what: str) -> None:
    bad = wrong(table[name]) if name in table else np.zeros(0, np.bool_)
    if bad.any():
        n = int(np.argmax(bad))
        raise TableInvalid(f"{path.name}: row {table['row'][n]}, column {name}: {table[name][n]:g} {what}")
