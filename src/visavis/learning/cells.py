"""One column of a table: what it should hold, and each cell checked and turned into that."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from visavis.errors import TableInvalid

NO_TIME = np.iinfo(np.int64).min
"""What an empty cell of times becomes, where those are let in."""
LONGEST = 1024  # characters of a text
SHOWN = 32  # of them in a message
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LATEST = 32_503_680_000  # the year 3000 in unix seconds: larger numbers are another unit


class Kind(StrEnum):
    """What the cells of a column are."""

    TEXT = "text"
    NUMBER = "number"
    WHOLE = "whole"
    TIME = "time"
    ROW = "row"  # no column of the file: the number of the row, as a person counts
    EITHER = "either"  # numbers where every cell that is not empty is one, otherwise text


class Unit(StrEnum):
    """How times are written. ISO 8601 is read whatever numbers would mean."""

    S = "s"  # numbers are seconds since 1970 UTC
    MS = "ms"
    US = "us"


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """What is wanted of one column."""

    kind: Kind = Kind.TEXT
    name: str | None = None  # in the file; None: as in the result
    required: bool = True  # the file must have it
    empty: bool = False  # cells may be empty: "", NaN, or NO_TIME
    finite: bool = True  # NaN and infinity are refused
    unit: Unit = Unit.S  # of times that are numbers
    zone: str | None = None  # IANA name, of times that name none; None: such times are refused

    def __post_init__(self) -> None:
        if self.kind is Kind.WHOLE and self.empty:
            raise ValueError("a whole number cannot be empty")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a column stands; what is wrong there is said with file, row and column."""

    file: str
    column: str
    rows: NDArray[np.int64] | None = field(repr=False)  # of text; None: no row was left out
    header: bool  # a text file has one, which counts as a row

    def number(self, indices: NDArray[np.int64]) -> NDArray[np.int64]:
        """Rows as a person counts them."""
        return indices + (2 if self.header else 1) if self.rows is None else self.rows[indices]

    def wrong(self, index: int, what: str) -> TableInvalid:
        """The error about the cell of this index."""
        row = self.number(np.array([index]))[0]
        return TableInvalid(f"{self.file}: row {row}, column {self.column}: {what}")


def column_of(cells: pa.ChunkedArray, wanted: Column, place: Place) -> NDArray[Any]:
    """The cells as an array of the kind that is wanted; raises TableInvalid."""
    match wanted.kind:
        case Kind.TEXT:
            return _texts(cells, wanted, place)
        case Kind.NUMBER:
            return _numbers(cells, wanted, place)
        case Kind.WHOLE:
            return _wholes(cells, wanted, place)
        case Kind.TIME:
            return _times(cells, wanted, place)
        case Kind.ROW:
            return place.number(np.arange(len(cells)))
        case Kind.EITHER:
            return _numbers(cells, wanted, place) if _numeric(cells) else _texts(cells, wanted, place)


def _shown(cell: Any) -> str:
    text = str(cell)
    return repr(text if len(text) <= SHOWN else f"{text[:SHOWN]}…")


def _refuse(bad: NDArray[np.bool_], wrong: Callable[[int], TableInvalid]) -> None:
    """Raise the error of the first bad cell."""
    if bad.any():
        raise wrong(int(np.argmax(bad)))


def _strings(cells: pa.ChunkedArray) -> pa.ChunkedArray | None:
    """Cells without the blanks around them, empty where there is nothing; None where they are no strings."""
    if pa.types.is_dictionary(cells.type):
        return _strings(cells.cast(cells.type.value_type))
    if not (pa.types.is_string(cells.type) or pa.types.is_large_string(cells.type)):
        return None
    return pc.utf8_trim_whitespace(pc.fill_null(cells, ""))


def _texts(cells: pa.ChunkedArray, wanted: Column, place: Place) -> NDArray[Any]:
    strings = _strings(cells)
    if strings is None:
        try:
            strings = pc.fill_null(cells.cast(pa.string()), "")
        except pa.ArrowException as failure:
            raise place.wrong(0, f"{cells.type} is no text") from failure
    lengths = pc.utf8_length(strings).to_numpy()
    _refuse(lengths > LONGEST, lambda i: place.wrong(i, f"more than {LONGEST} characters"))
    if not wanted.empty:
        _refuse(lengths == 0, lambda i: place.wrong(i, "the cell is empty; fill it or leave the row out"))
    return np.asarray(strings.to_numpy(), dtype=object)


# ------ numbers


def _numeric(cells: pa.ChunkedArray) -> bool:
    strings = _strings(cells)
    if strings is None:
        return _is_number(cells.type)
    try:
        _as_numbers(strings)
    except pa.ArrowInvalid:
        return False
    return True


def _is_number(kind: Any) -> bool:
    types = pa.types
    return bool(types.is_integer(kind) or types.is_floating(kind) or types.is_boolean(kind) or types.is_decimal(kind))


def _as_numbers(strings: pa.ChunkedArray) -> NDArray[np.float64]:
    """NaN where a cell is empty; raises ArrowInvalid."""
    values: NDArray[np.float64] = pc.if_else(pc.equal(strings, ""), "nan", strings).cast(pa.float64()).to_numpy()
    return values


def _numbers(cells: pa.ChunkedArray, wanted: Column, place: Place) -> NDArray[np.float64]:
    strings = _strings(cells)
    if strings is None:
        if not _is_number(cells.type):
            raise place.wrong(0, f"{cells.type} is no number")
        empty = cells.is_null().to_numpy()
        values = np.where(
            empty,
            np.nan,
            cells.fill_null(False if pa.types.is_boolean(cells.type) else 0).cast(pa.float64(), safe=False).to_numpy(),
        )
    else:
        empty = pc.equal(strings, "").to_numpy()
        try:
            values = _as_numbers(strings)
        except pa.ArrowInvalid as failure:
            raise _first(strings, float, place, "number; digits and a point, nothing else") from failure
    if not wanted.empty:
        _refuse(empty, lambda i: place.wrong(i, "the cell is empty; write a number or leave the row out"))
    if wanted.finite:
        _refuse(~np.isfinite(values) & ~empty, lambda i: place.wrong(i, f"{values[i]} is no finite number"))
    return values


def _first(strings: pa.ChunkedArray, read: Callable[[str], object], place: Place, what: str) -> TableInvalid:
    """The error of the first cell that is not empty and cannot be read."""
    for index, cell in enumerate(strings.to_pylist()):
        try:
            if cell:
                read(cell)
        except (ValueError, OverflowError):
            return place.wrong(index, f"{_shown(cell)} is no {what}")
    return place.wrong(0, f"not every cell is a {what}")


def _wholes(cells: pa.ChunkedArray, wanted: Column, place: Place) -> NDArray[np.int64]:
    numbers = _numbers(cells, wanted, place)
    exact = (numbers == np.floor(numbers)) & (np.abs(numbers) <= 2**53)
    _refuse(~exact, lambda i: place.wrong(i, f"{numbers[i]:g} is no whole number"))
    return numbers.astype(np.int64)


# ------ times


def _times(cells: pa.ChunkedArray, wanted: Column, place: Place) -> NDArray[np.int64]:
    """Microseconds since 1970 UTC."""
    strings = _strings(cells)
    if strings is None:
        empty = cells.is_null().to_numpy()
        times = _stamps(cells, wanted, place)
    else:
        empty = pc.equal(strings, "").to_numpy()
        times = _written(strings, wanted, place)
    if not wanted.empty:
        _refuse(empty, lambda i: place.wrong(i, "the cell is empty; write a time or leave the row out"))
    return np.where(empty, NO_TIME, times)


def _stamps(cells: pa.ChunkedArray, wanted: Column, place: Place) -> NDArray[np.int64]:
    kind = cells.type
    if _is_number(kind):
        return _counted(_numbers(cells, replace(wanted, empty=True, finite=True), place), wanted.unit, place)
    if not (pa.types.is_timestamp(kind) or pa.types.is_date(kind)):
        raise place.wrong(0, f"{kind} is no time")
    if getattr(kind, "tz", None) is None:
        cells = _zoned(cells.cast(pa.timestamp("us"), safe=False), wanted, place)
    moments = cells.cast(pa.timestamp("us", "UTC"), safe=False).cast(pa.int64())
    return np.asarray(pc.fill_null(moments, 0).to_numpy(), np.int64)


def _zoned(naive: pa.ChunkedArray, wanted: Column, place: Place) -> pa.ChunkedArray:
    """Clocks of a place -> moments; of an hour that is there twice the first, one that is left out is refused."""
    if wanted.zone is None:
        raise place.wrong(0, "the time names no zone; write 2026-01-31T12:00:00+01:00, or say which zone is meant")
    try:
        return pc.assume_timezone(naive, wanted.zone, ambiguous="earliest", nonexistent="raise")
    except pa.ArrowInvalid as failure:
        raise place.wrong(0, f"a time does not exist in {wanted.zone}, or there is no such zone") from failure


def _written(strings: pa.ChunkedArray, wanted: Column, place: Place) -> NDArray[np.int64]:
    try:
        return _counted(_as_numbers(strings), wanted.unit, place)
    except pa.ArrowInvalid:
        pass  # then they are ISO 8601
    filled = pc.if_else(pc.equal(strings, ""), "1970-01-01T00:00:00Z", strings)
    try:
        return np.asarray(filled.cast(pa.timestamp("us", "UTC")).cast(pa.int64()).to_numpy(), np.int64)
    except pa.ArrowInvalid:
        zone = None if wanted.zone is None else ZoneInfo(wanted.zone)
    return np.array([_moment(text, zone, place, index) for index, text in enumerate(filled.to_pylist())], np.int64)


def _counted(numbers: NDArray[np.float64], unit: Unit, place: Place) -> NDArray[np.int64]:
    """Numbers of a unit; NaN becomes 0."""
    each = {Unit.S: 1_000_000, Unit.MS: 1000, Unit.US: 1}[unit]
    _refuse(np.isinf(numbers), lambda i: place.wrong(i, f"{numbers[i]} is no time"))
    filled = np.nan_to_num(numbers)
    far = np.abs(filled) * each > _LATEST * 1e6
    _refuse(
        far, lambda i: place.wrong(i, f"{numbers[i]:.0f} {unit} lies beyond the year 3000; say which unit is meant")
    )
    whole = np.floor(filled)
    return whole.astype(np.int64) * each + np.rint((filled - whole) * each).astype(np.int64)


def _moment(text: str, zone: ZoneInfo | None, place: Place, index: int) -> int:
    try:
        found = datetime.fromisoformat(text)
    except ValueError as failure:
        raise place.wrong(index, f"{_shown(text)} is no time; write 2026-01-31T12:00:00+01:00") from failure
    if found.tzinfo is None:
        if zone is None:
            what = f"{_shown(text)} names no zone; write 2026-01-31T12:00:00+01:00, or say which zone is meant"
            raise place.wrong(index, what)
        found = found.replace(tzinfo=zone)
        if found.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != found.replace(tzinfo=None):
            raise place.wrong(index, f"{_shown(text)} does not exist in {zone.key}")
    return (found - _EPOCH) // timedelta(microseconds=1)
