"""A table and its mapping -> events whose member is still named as the table names them."""

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import numpy as np
from numpy.typing import NDArray

from visavis.behaviour.series import moment
from visavis.errors import TableInvalid
from visavis.learning.series.mapping import Amount, ColumnMapping, Named
from visavis.learning.tables import Column, Kind, Unit, read_table
from visavis.types import Event, Scenario

MAX_ROWS = 5_000_000
MAX_NAMED = 5  # mistakes that one error names
CLOCK_SKEW = timedelta(minutes=5)  # as for events that come by HTTP


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """What a file says, row by row, and what of it was not wanted."""

    events: Sequence[tuple[str, Event]] = field(repr=False)  # (member as the table names them, event of nobody yet)
    read: int
    unwanted: int  # kinds that the mapping leaves out
    nobody: int  # rows without a member


def read_rows(path: Path, mapping: ColumnMapping, scenario: Scenario, now: datetime) -> Rows:
    """Every row as an event, or none of them.

    An event without an id of its own has an empty one; with one, it is that of source and id together, as of events
    that come by HTTP.

    Raises:
        TableInvalid: names the first rows that are wrong: unknown kind, item or placement, a time that lies ahead by
            more than five minutes, a number that is none or not finite, a negative dwell, one id for two things.
        TableEmpty: there is no row.
    """
    table = read_table(path, _wanted(mapping), max_rows=MAX_ROWS)
    reading = _Reading(mapping=mapping, scenario=scenario, table=table, now=now)
    wanted: list[tuple[str, Event]] = []
    wrong: list[str] = []
    for n, row in enumerate(table["row"].tolist()):
        try:
            event = reading.event(n)
        except _Wrong as mistake:
            wrong.append(f"row {row}{mistake}")
        else:
            if event is not None:
                wanted.append((table["member"][n], event))
    if wrong:
        more = f"; and {len(wrong) - MAX_NAMED:,} more rows" if len(wrong) > MAX_NAMED else ""
        raise TableInvalid(f"{path.name}: {'; '.join(wrong[:MAX_NAMED])}{more}")
    somebodys = [(member, event) for member, event in wanted if member]
    return Rows(
        events=somebodys,
        read=len(table["row"]),
        unwanted=len(table["row"]) - len(wanted),
        nobody=len(wanted) - len(somebodys),
    )


def _wanted(mapping: ColumnMapping) -> dict[str, Column]:
    time = mapping.time
    wanted = {
        "row": Column(kind=Kind.ROW),
        "member": Column(name=mapping.member.column, empty=True),
        "time": Column(name=time.column, kind=Kind.TIME, unit=Unit(time.unit), zone=time.zone),
    }
    for what in ("kind", "item", "placement"):
        named: Named | None = getattr(mapping, what)
        if named is not None and named.column is not None:
            wanted[what] = Column(name=named.column, empty=what != "kind")
    for what in ("value", "dwell_s"):
        amount = getattr(mapping, what)
        if amount is not None:
            wanted[what] = Column(name=amount.column, kind=Kind.NUMBER, empty=True)
    if mapping.id is not None:
        wanted["id"] = Column(name=mapping.id.column)
    return wanted


class _Wrong(Exception):
    """What is wrong with a row, after its number."""


def _wrong(column: str, what: str) -> _Wrong:
    return _Wrong(f", column {column}: {what}")


@dataclass(slots=True, kw_only=True)
class _Reading:
    """Row after row; every id that came is remembered with what it stood for."""

    mapping: ColumnMapping
    scenario: Scenario
    table: Mapping[str, NDArray[Any]]
    now: datetime
    _seen: dict[str, tuple[str, Event]] = field(default_factory=dict)

    def event(self, n: int) -> Event | None:
        """The event of the nth row; None where the mapping leaves it out."""
        kind = self._name("kind", n, self.scenario.event_types)
        if kind is None:
            return None
        event = Event(
            id="" if self.mapping.id is None else self._id(n),
            kind=kind,
            occurred_at=self._time(n),
            scenario=self.scenario.name,
            placement=self._name("placement", n, self.scenario.placements),
            item_id=self._name("item", n, self.scenario.items),
            value=self._amount("value", n),
            dwell_s=self._dwell(n),
        )
        told = (str(self.table["member"][n]), event)
        if event.id and self._seen.setdefault(event.id, told) != told and self.mapping.id is not None:
            raise _wrong(self.mapping.id.column, "this id came before, with other content")
        return event

    def _id(self, n: int) -> str:
        return str(uuid5(NAMESPACE_URL, f"{self.mapping.source}\n{self.table['id'][n]}"))

    def _time(self, n: int) -> datetime:
        at = moment(int(self.table["time"][n]))
        if at > self.now + CLOCK_SKEW:
            raise _wrong(self.mapping.time.column, "lies in the future; check the clock, or the zone in the mapping")
        return min(at, self.now)

    def _name(self, what: str, n: int, known: Container[str]) -> str | None:
        named: Named | None = getattr(self.mapping, what)
        if named is None:
            return None
        if named.column is None:
            return named.constant
        cell = self.table[what][n]
        name = named.name(cell)
        if not cell or name is None or name in known:
            return name or None
        if named.unknown == "none":
            return None
        raise _wrong(named.column, f"the scenario has no {what} {cell[:32]!r}; translate it in the mapping")

    def _amount(self, what: str, n: int) -> float:
        amount: Amount | None = getattr(self.mapping, what)
        if amount is None or np.isnan(self.table[what][n]):
            return 0.0
        return float(self.table[what][n] * amount.times)

    def _dwell(self, n: int) -> float:
        dwell_s = self._amount("dwell_s", n)
        if dwell_s < 0 and self.mapping.dwell_s is not None:
            raise _wrong(self.mapping.dwell_s.column, f"{dwell_s:g} s is no time to stay; at least 0")
        return dwell_s
