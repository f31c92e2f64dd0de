"""Anybody's table of who chose what and when."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from visavis.errors import InputRefused
from visavis.learning.tables import Column, Kind, TableInvalid, Unit, column_names, numbered, read_table
from visavis.recommend.candidates import History


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Interactions:
    """Choices ordered by member, time and place in the file; columns of one length N."""

    starts: NDArray[np.int64]  # (M + 1,) of each member's rows
    item: NDArray[np.int32]  # (N,) index into items
    at: NDArray[np.int64]  # (N,) microseconds since 1970 UTC
    members: tuple[str, ...]
    items: tuple[str, ...]
    repeats: int = 0  # choices that were left out, because the member had chosen the item before

    def __len__(self) -> int:
        return len(self.item)

    @property
    def lengths(self) -> NDArray[np.int64]:
        """(M,) choices of each member."""
        return np.diff(self.starts)

    @property
    def member(self) -> NDArray[np.int64]:
        """(N,) index into members."""
        return np.repeat(np.arange(len(self.members)), self.lengths)

    def history(self, member: int, *, without_last: int = 0) -> History:
        """All that a member chose, or all but the last so many."""
        rows = slice(self.starts[member], max(self.starts[member], self.starts[member + 1] - without_last))
        return History(items=self.item[rows], at=self.at[rows])

    def kept(self, rows: NDArray[np.bool_]) -> "Interactions":
        """Only these rows, with the same members and items."""
        lengths = np.bincount(self.member[rows], minlength=len(self.members))
        return Interactions(
            starts=np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
            item=self.item[rows],
            at=self.at[rows],
            members=self.members,
            items=self.items,
            repeats=self.repeats,
        )

    def without_last(self, count: int, *, least: int) -> "Interactions":
        """Without the last `count` choices of each member who has `least` or more."""
        place = np.arange(len(self)) - np.repeat(self.starts[:-1], self.lengths)
        lengths = np.repeat(self.lengths, self.lengths)
        return self.kept((place < lengths - count) | (lengths < least))


def read_interactions(
    path: Path, *, user: str, item: str, time: str, unit: Unit = Unit.S, zone: str | None = None
) -> Interactions:
    """A table with a row a choice: CSV, tab-separated, RecBole's typed headers, Parquet.

    Args:
        path: the file.
        user: name of the column that tells members apart.
        item: name of the column of what was chosen.
        time: name of the column of times; rows may stand in any order, equal times keep the order of the file.
        unit: of times that are numbers.
        zone: of times that name none.

    Raises:
        TableInvalid: names row and column.
        TableEmpty: no row.
    """
    table = read_table(
        path,
        {
            "user": Column(name=user),
            "item": Column(name=item),
            "time": Column(kind=Kind.TIME, name=time, unit=unit, zone=zone),
        },
    )
    members, member_names = numbered(table["user"])
    items, item_names = numbered(table["item"])
    return interactions_of(members, items, table["time"], member_names, item_names)


def interactions_of(
    member: NDArray[np.int64],
    item: NDArray[np.int64],
    at: NDArray[np.int64],
    members: tuple[str, ...],
    items: tuple[str, ...],
) -> Interactions:
    """From unordered columns; of a member's choices of one item the first stays.

    Raises:
        InputRefused: fewer than two members or items.
    """
    if len(members) < 2 or len(items) < 2:
        raise InputRefused(f"{len(members)} members and {len(items)} items; at least two of each are needed")
    order = np.lexsort((at, member))  # stable: equal times keep the order of the file
    member, item, at = member[order], item[order], at[order]
    _, first = np.unique(member * len(items) + item, return_index=True)
    first.sort()
    lengths = np.bincount(member[first], minlength=len(members))
    return Interactions(
        starts=np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
        item=item[first].astype(np.int32),
        at=at[first],
        members=members,
        items=items,
        repeats=len(order) - len(first),
    )


def find_column(path: Path, given: str | None, *usual: str) -> str:
    """The name that was given, or the first usual one that the file has; raises TableInvalid where it has none."""
    if given is not None:
        return given
    names = column_names(path)
    found = next((name for name in usual if name in names), None)
    if found is None:
        raise TableInvalid(f"{path.name}: none of the columns {', '.join(usual)}; the file has {', '.join(names[:40])}")
    return found
