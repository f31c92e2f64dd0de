"""Anybody's events as a series: one row an event, in the words of a scenario."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from visavis.behaviour.series import NONE, Series
from visavis.errors import TableInvalid
from visavis.learning.tables import Column, Kind, numbered, read_table
from visavis.types import Scenario

WANTED = {
    "row": Column(kind=Kind.ROW),
    "member": Column(),
    "time": Column(kind=Kind.TIME),
    "kind": Column(),
    "item": Column(required=False, empty=True),
    "placement": Column(required=False, empty=True),
    "value": Column(kind=Kind.NUMBER, required=False),
    "dwell_s": Column(kind=Kind.NUMBER, required=False),
}


def read_events(path: Path, scenario: Scenario) -> Series:
    """Columns member, time, kind, and where there are: item, placement, value, dwell_s.

    Raises:
        TableInvalid: a cell is wrong, or names what the scenario does not know; with row and column.
        TableEmpty: there is no row.
    """
    table = read_table(path, WANTED)
    whose, members = numbered(table["member"])
    columns: dict[str, NDArray[Any]] = {"kind": _index(path, table, "kind", tuple(scenario.event_types))}
    for name, known in (("item", tuple(scenario.items)), ("placement", tuple(scenario.placements))):
        if name in table:
            columns[name] = _index(path, table, name, known)
    columns |= {name: table[name] for name in ("value", "dwell_s") if name in table}
    if "dwell_s" in table and (table["dwell_s"] < 0).any():
        row = int(table["row"][int(np.argmax(table["dwell_s"] < 0))])
        raise TableInvalid(f"{path.name}: row {row}, column dwell_s: less than 0")
    return Series.of_columns(
        whose=whose,
        at=table["time"],
        members=members,
        kinds=tuple(scenario.event_types),
        items=tuple(scenario.items),
        placements=tuple(scenario.placements),
        **columns,
    )


def _index(path: Path, table: Mapping[str, NDArray[Any]], name: str, known: Sequence[str]) -> NDArray[np.int32]:
    """Number of each text among the known ones; an empty cell is none."""
    codes, texts = numbered(table[name])
    number = {text: n for n, text in enumerate(known)} | ({} if name == "kind" else {"": NONE})
    for code, text in enumerate(texts):
        if text not in number:
            row = int(table["row"][int(np.argmax(codes == code))])
            some = ", ".join(known[:12])
            raise TableInvalid(
                f"{path.name}: row {row}, column {name}: the scenario knows no {text[:40]!r}; it has {some}"
            )
    return np.array([number[text] for text in texts], np.int32)[codes]
