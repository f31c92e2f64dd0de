"""Pairs of photographs to compare: LFW's `pairs.txt`, a CSV, or everybody with everybody."""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from visavis.errors import InputRefused
from visavis.learning.faces.folders import PICTURES, People

MAX_BYTES = 64 * 2**20
FOLDS = 10
COLUMNS = (("a", "b", "same"), ("path1", "path2", "same"), ("path1", "path2", "label"), ("file1", "file2", "same"))
_TRUE, _FALSE = {"1", "true", "yes", "same", "genuine"}, {"0", "false", "no", "different", "impostor"}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Pairs:
    """Which pictures are compared; every array has one entry a pair."""

    pictures: tuple[Path, ...]
    first: NDArray[np.int64] = field(repr=False)  # index into pictures
    second: NDArray[np.int64] = field(repr=False)
    same: NDArray[np.bool_] = field(repr=False)
    fold: NDArray[np.int64] = field(repr=False)  # 0 to folds - 1; -1: between people of two folds
    clusters: NDArray[np.int64] | None = field(repr=False, default=None)  # (pictures,): whose, where it is known

    def __len__(self) -> int:
        return len(self.same)


def read_pairs(file: Path, images: Path) -> Pairs:
    """Pairs of a file: LFW's `pairs.txt`, or a CSV with a header.

    LFW: `Name n m` is a genuine pair, `Name n Other m` an impostor pair; picture n of Name is `Name/Name_000n` with any
    suffix of `PICTURES`. The first line says how many folds of how many pairs of each kind follow, or one fold's size.
    CSV: columns `a,b,same` (or `path1,path2,label`), paths below `images`, same 1 or 0; an optional column `fold`
    counts from any number. Without folds, pairs are dealt to ten in turn, genuine and impostor ones apart.

    Raises:
        InputRefused: with the line.
    """
    try:
        if file.stat().st_size > MAX_BYTES:
            raise InputRefused(f"{file}: more than {MAX_BYTES // 2**20} MiB")
        lines = file.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as failure:
        raise InputRefused(f"{file}: it cannot be read as text") from failure
    if not lines:
        raise InputRefused(f"{file}: it is empty")
    rows = list(_csv_rows(file, lines, images) if "," in lines[0] else _lfw_rows(file, lines, images))
    if not any(row.same for row in rows) or all(row.same for row in rows):
        raise InputRefused(f"{file}: it needs pairs of one person and pairs of two")
    return _pairs(rows)


def all_pairs(people: People, *, folds: int = FOLDS) -> Pairs:
    """Every photograph with every other. People are dealt to folds in turn; pairs across folds belong to none."""
    first, second = np.triu_indices(len(people), 1)
    fold = people.labels % min(folds, people.count)
    same = people.labels[first] == people.labels[second]
    if not same.any():
        raise InputRefused(f"{people.root}: nobody has two pictures, so there are no genuine pairs")
    return Pairs(
        pictures=people.pictures,
        first=first,
        second=second,
        same=same,
        fold=np.where(fold[first] == fold[second], fold[first], -1),
        clusters=people.labels,
    )


@dataclass(frozen=True, slots=True)
class _Row:
    a: Path
    b: Path
    same: bool
    fold: int | None


def _pairs(rows: Sequence[_Row]) -> Pairs:
    pictures = sorted({path for row in rows for path in (row.a, row.b)})
    index = {path: number for number, path in enumerate(pictures)}
    same = np.array([row.same for row in rows])
    return Pairs(
        pictures=tuple(pictures),
        first=np.array([index[row.a] for row in rows]),
        second=np.array([index[row.b] for row in rows]),
        same=same,
        fold=_folds(rows, same),
    )


def _folds(rows: Sequence[_Row], same: NDArray[np.bool_]) -> NDArray[np.int64]:
    named = sorted({row.fold for row in rows if row.fold is not None})
    if len(named) > 1:
        numbers = {name: number for number, name in enumerate(named)}
        return np.array([numbers[row.fold] if row.fold is not None else -1 for row in rows])
    turns = np.where(same, np.cumsum(same), np.cumsum(~same)) - 1
    dealt: NDArray[np.int64] = turns % FOLDS
    return dealt


def _lfw_rows(file: Path, lines: Sequence[str], images: Path) -> Iterator[_Row]:
    head = lines[0].split()
    counted = all(word.isdigit() for word in head) and 1 <= len(head) <= 2
    each = 2 * int(head[-1]) if counted and len(head) == 2 else None  # pairs a fold
    number = 0
    for line, text in enumerate(lines[1:] if counted else lines, 2 if counted else 1):
        match text.split():
            case [name, n, m] if n.isdigit() and m.isdigit():
                people = (name, n, name, m)
            case [name, n, other, m] if n.isdigit() and m.isdigit():
                people = (name, n, other, m)
            case []:
                continue
            case _:
                raise InputRefused(f"{file}, line {line}: neither `Name n m` nor `Name n Other m`")
        one, other_one = (_lfw_picture(file, line, images, people[i], int(people[i + 1])) for i in (0, 2))
        yield _Row(one, other_one, people[0] == people[2], number // each if each else None)
        number += 1


def _lfw_picture(file: Path, line: int, images: Path, name: str, number: int) -> Path:
    if "/" in name or name.startswith("."):
        raise InputRefused(f"{file}, line {line}: a name is the name of a folder")
    for suffix in PICTURES:
        path = images / name / f"{name}_{number:04d}{suffix}"
        if path.is_file():
            return path
    raise InputRefused(f"{file}, line {line}: no picture {name}/{name}_{number:04d}.* below {images}")


def _csv_rows(file: Path, lines: Sequence[str], images: Path) -> Iterator[_Row]:
    reader = csv.DictReader(lines)
    names = reader.fieldnames or ()
    columns = next((wanted for wanted in COLUMNS if set(wanted) <= set(names)), None)
    if columns is None:
        raise InputRefused(f"{file}, line 1: the columns must be a,b,same (and fold), found {','.join(names)}")
    for row in reader:
        line = reader.line_num
        a, b, same = (str(row[column] or "").strip() for column in columns)
        fold = str(row.get("fold") or "").strip()
        if same.lower() not in _TRUE | _FALSE or not (not fold or fold.lstrip("-").isdigit()):
            raise InputRefused(f"{file}, line {line}: {columns[2]} is 1 or 0, and a fold is a whole number")
        one, other = (_csv_picture(file, line, images, path) for path in (a, b))
        yield _Row(one, other, same.lower() in _TRUE, int(fold) if fold else None)


def _csv_picture(file: Path, line: int, images: Path, name: str) -> Path:
    path = images / name
    if ".." in Path(name).parts or not path.is_file():
        raise InputRefused(f"{file}, line {line}: no picture {name} below {images}")
    return path
