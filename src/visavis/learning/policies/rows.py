"""Somebody's table of examples -> contexts and classes: what a policy is told, and which of its choices is right."""

import zlib
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from visavis.errors import TableInvalid
from visavis.learning.tables import Column, Kind, column_names, numbered, read_table

MAX_CLASSES = 1000
MAX_ROWS = 10_000_000
ONE_HOT = 64  # more different texts than this share so many columns, by their hash
CLIP = 3.0  # standard deviations

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """A table for classification, in file order."""

    name: str
    numbers: Floats = field(repr=False)  # (N, numeric columns)
    marks: Floats = field(repr=False)  # (N, columns of texts), 1 where the text stands, otherwise 0
    labels: NDArray[np.int64] = field(repr=False)  # (N,) index into `classes`
    classes: tuple[str, ...]

    def __post_init__(self) -> None:
        if not len(self.numbers) == len(self.marks) == len(self.labels):
            raise ValueError(f"{len(self.numbers)}, {len(self.marks)} and {len(self.labels)} rows")

    def contexts(self, order: NDArray[np.int64]) -> Floats:
        """What a policy is told of each row, in this order, (N, size): numbers standardised online, marks, and 1.

        Of each number the mean and deviation of the rows up to and including its own are known, never of later ones.
        """
        numbers = _standardised(self.numbers[order])
        return np.hstack([numbers, self.marks[order], np.ones((len(order), 1))])


def read_rows(path: Path, label: str, *, drop: Collection[str] = ()) -> Rows:
    """Every column but the label is told, numbers as numbers and texts as marks.

    Args:
        path: CSV, tab-separated text or Parquet.
        label: the column that holds the class.
        drop: columns that are not told, such as a number of the row.

    Raises:
        TableInvalid: names file, row and column: no such column, an empty cell, NaN, one class only, too many.
        TableEmpty: there is no row.
    """
    names = column_names(path)
    for name in (label, *drop):
        if name not in names:
            raise TableInvalid(f"{path.name}: there is no column {name!r}; the file has {', '.join(names[:40])}")
    told = [name for name in names if name != label and name not in set(drop)]
    if not told:
        raise TableInvalid(f"{path.name}: only the column {label!r} is left; a policy needs others to decide by")
    wanted = {name: Column(kind=Kind.EITHER) for name in told} | {label: Column(kind=Kind.TEXT)}
    columns = read_table(path, wanted, max_rows=MAX_ROWS)
    labels, classes = numbered(columns[label])
    if len(classes) < 2:
        raise TableInvalid(f"{path.name}: column {label}: every row is {classes[0][:40]!r}; two classes are needed")
    if len(classes) > MAX_CLASSES:
        raise TableInvalid(
            f"{path.name}: column {label}: {len(classes):,} classes, at most {MAX_CLASSES:,}; is it a number?"
        )
    numbers = [columns[name] for name in told if columns[name].dtype == np.float64]
    marks = [_marks(name, columns[name]) for name in told if columns[name].dtype != np.float64]
    none = np.zeros((len(labels), 0))
    return Rows(
        name=path.name,
        numbers=np.column_stack([none, *numbers]),
        marks=np.hstack([none, *marks]),
        labels=labels,
        classes=classes,
    )


def _marks(name: str, texts: NDArray[np.object_]) -> Floats:
    """One column a text; texts of a column with many share columns by hash (Weinberger et al., 2009)."""
    codes, values = numbered(texts)
    columns = np.arange(len(values))
    if len(values) > ONE_HOT:
        columns = np.array([zlib.crc32(f"{name}={value}".encode()) % ONE_HOT for value in values])
    marks = np.zeros((len(texts), int(columns.max()) + 1))
    marks[np.arange(len(texts)), columns[codes]] = 1.0
    return marks


def _standardised(numbers: Floats) -> Floats:
    """(x - mean) / deviation of the rows so far, clipped; 0 while a column has not varied (Welford, 1962)."""
    done = np.empty_like(numbers)
    mean, squares = np.zeros(numbers.shape[1]), np.zeros(numbers.shape[1])
    with np.errstate(over="ignore", invalid="ignore"):  # a column of 1e300 varies by more than a float holds
        for n, row in enumerate(numbers):
            gap = row - mean
            mean += gap / (n + 1)
            squares += gap * (row - mean)
            deviation = np.sqrt(squares / (n + 1))
            np.divide(row - mean, deviation, out=done[n], where=deviation > 0)
            done[n][~(deviation > 0)] = 0.0
    return np.clip(np.nan_to_num(done, nan=0.0), -CLIP, CLIP)
