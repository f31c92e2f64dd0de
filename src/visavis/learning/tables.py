"""Anybody's table -> arrays of one length, each cell checked: CSV, tab-separated text, typed headers, Parquet.

Rows are counted as a person sees them: the header of a text file is row 1, the first record of a Parquet file is row 1.
"""

import csv
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from zoneinfo import available_timezones

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from pyarrow import csv as arrow_csv
from pyarrow import parquet

from visavis.errors import SettingInvalid, TableEmpty, TableInvalid
from visavis.learning.cells import NO_TIME, Column, Kind, Place, Unit, column_of

__all__ = [
    "MAX_BYTES",
    "MAX_ROWS",
    "NO_TIME",
    "Column",
    "Kind",
    "TableEmpty",
    "TableInvalid",
    "Unit",
    "check_zone",
    "column_names",
    "numbered",
    "read_table",
]

MAX_BYTES = 4 * 2**30
MAX_ROWS = 100_000_000
MAX_COLUMNS = 4096
SHOWN = 40  # of the columns that there are, in a message


def read_table(
    path: Path, wanted: Mapping[str, Column], *, max_rows: int = MAX_ROWS, max_bytes: int = MAX_BYTES
) -> Mapping[str, NDArray[Any]]:
    """The wanted columns of a table, each cell of the kind that was asked for.

    Args:
        path: a text file with a header (comma, tab or semicolon; UTF-8), or Parquet.
        wanted: name in the result -> which column, of what kind.
        max_rows: more are refused.
        max_bytes: a larger file, or a Parquet file that unpacks to more, is refused.

    Returns:
        name -> (rows,): text as str objects, numbers as float64, whole ones as int64, times as int64 microseconds since
        1970 UTC. An optional column that the file lacks is left out.

    Raises:
        TableInvalid: names file, row and column, what was found and what to do.
        TableEmpty: there is no row.
    """
    names = column_names(path, max_bytes=max_bytes)
    chosen = {}
    for name, column in wanted.items():
        source = column.name or name
        if column.kind is Kind.ROW:
            chosen[name] = 0
        elif source in names:
            chosen[name] = names.index(source)
        elif column.required:
            raise TableInvalid(f"{path.name}: there is no column {source!r}; the file has {_listed(names)}")
    if not chosen:
        return {}
    text = not _is_parquet(path)
    if not text:
        table, rows = _parquet(path, sorted(set(chosen.values())), max_rows, max_bytes), None
    else:
        table, rows = _text(path, names, sorted(set(chosen.values())), max_rows)
    if not table.num_rows:
        raise TableEmpty(path.name)
    found = {}
    for name, number in chosen.items():
        place = Place(path.name, names[number], rows, text)
        try:
            found[name] = column_of(table.column(str(number)), wanted[name], place)
        except pa.ArrowException as failure:
            raise TableInvalid(f"{path.name}: column {place.column}: damaged cells; write the file again") from failure
    return found


def column_names(path: Path, *, max_bytes: int = MAX_BYTES) -> tuple[str, ...]:
    """What the columns are called, in order, without RecBole's types.

    Raises:
        TableInvalid: the file cannot be read, is too large, or names a column twice.
        TableEmpty: there is nothing in it.
    """
    try:
        size = path.stat().st_size
        if size > max_bytes:
            raise TableInvalid(f"{path.name}: {size:,} bytes, at most {max_bytes:,} are read; split it")
        if size == 0:
            raise TableEmpty(path.name)
        raw = _parquet_names(path) if _is_parquet(path) else _header(path)
    except OSError as failure:
        raise TableInvalid(f"{path.name}: {failure.strerror or 'it cannot be read'}") from failure
    names = tuple(_plain(name) for name in raw)
    twice = sorted({name for name in names if names.count(name) > 1}) if len(names) <= MAX_COLUMNS else []
    if twice:
        raise TableInvalid(f"{path.name}: row 1: column {twice[0]!r} is there twice; rename one")
    if len(names) > MAX_COLUMNS:
        raise TableInvalid(f"{path.name}: {len(names):,} columns, at most {MAX_COLUMNS:,} are read")
    return names


def check_zone(name: str | None) -> None:
    """Raises SettingInvalid for a name of no zone, before a file is read."""
    if name is not None and name not in available_timezones():
        raise SettingInvalid(f"no time zone is called {name[:64]!r}; write a name such as Europe/Berlin")


def numbered(texts: NDArray[Any]) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    """Each text by the number of its name; names in the order in which they first come."""
    coded = pa.array(texts, pa.string()).dictionary_encode()
    return coded.indices.to_numpy(zero_copy_only=False).astype(np.int64), tuple(coded.dictionary.to_pylist())


def _plain(name: str) -> str:
    """RecBole writes `user_id:token`."""
    head, _, kind = name.strip().rpartition(":")
    return head if head and kind in {"token", "token_seq", "float", "float_seq"} else name.strip()


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(names[:SHOWN]) + (f" and {len(names) - SHOWN} more" if len(names) > SHOWN else "")


# ------ text


def _header(path: Path) -> list[str]:

    with path.open("rb") as file:
        line = file.readline(2**20)
    try:
        text = line.decode("utf-8-sig").rstrip("\r\n")
    except UnicodeDecodeError as failure:
        raise TableInvalid(f"{path.name}: row 1: it is not UTF-8 text; save it as CSV with UTF-8") from failure
    if "\0" in text:
        raise TableInvalid(f"{path.name}: row 1: neither text nor Parquet")
    if not text.strip():
        raise TableInvalid(f"{path.name}: row 1: it is blank; the first row names the columns")
    if text.count('"') % 2:
        raise TableInvalid(f"{path.name}: row 1: a quote is not closed; the names of the columns stand on one line")
    return next(csv.reader([text], delimiter=_delimiter(text)))


def _delimiter(header: str) -> str:
    return max(("\t", ",", ";"), key=header.count)


def _text(
    path: Path, names: tuple[str, ...], chosen: list[int], max_rows: int
) -> tuple[pa.Table, NDArray[np.int64] | None]:
    """Cells as strings, columns named by number; the row of each where blank lines were left out."""
    table = _strings(path, len(names), chosen)
    if table.num_rows > max_rows:
        raise TableInvalid(f"{path.name}: {table.num_rows:,} rows, at most {max_rows:,} are read; split it")
    blank = _blank(table)
    if blank.any() and len(chosen) < len(names):
        blank = _blank(_strings(path, len(names), list(range(len(names)))))
    if not blank.any():
        return table, None
    return table.filter(pa.array(~blank)), np.flatnonzero(~blank) + 2


def _strings(path: Path, columns: int, chosen: list[int]) -> pa.Table:
    with path.open("rb") as file:
        delimiter = _delimiter(file.readline(2**20).decode("utf-8-sig"))
    named = [str(number) for number in range(columns)]
    try:
        return arrow_csv.read_csv(
            path,
            read_options=arrow_csv.ReadOptions(use_threads=False, skip_rows=1, column_names=named),
            parse_options=arrow_csv.ParseOptions(
                delimiter=delimiter, newlines_in_values=True, ignore_empty_lines=False
            ),
            convert_options=arrow_csv.ConvertOptions(
                column_types=dict.fromkeys(named, pa.string()), include_columns=[named[c] for c in chosen]
            ),
        )
    except pa.ArrowInvalid as failure:
        if "Empty CSV" in str(failure) or "Could not skip" in str(failure):
            raise TableEmpty(path.name) from failure
        raise TableInvalid(_broken(path, str(failure))) from failure


def _blank(table: pa.Table) -> NDArray[np.bool_]:
    """Rows of which every cell is empty."""
    blank = np.ones(table.num_rows, np.bool_)
    for column in table.columns:
        if blank.any():
            blank &= pc.equal(pc.utf8_trim_whitespace(column), "").to_numpy()
    return blank


def _broken(path: Path, said: str) -> str:
    """Where and what, out of Arrow's words; the cells that they quote stay out."""
    row = re.search(r"Row #(\d+)", said)
    where = f"row {row[1]}: " if row else ""
    torn = re.search(r"Expected (\d+) columns, got (\d+)", said)
    if torn:
        return f"{path.name}: {where}{torn[2]} cells where the header names {torn[1]}; look for a stray separator"
    if "UTF8" in said:
        return f"{path.name}: {where}it is not UTF-8 text; save it as CSV with UTF-8"
    return f"{path.name}: {where}it cannot be read as a table; look for a quote that is not closed"


# ------ Parquet


def _is_parquet(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(4) == b"PAR1"


def _parquet_names(path: Path) -> list[str]:

    try:
        return list(parquet.read_schema(path).names)
    except (pa.ArrowException, OSError, UnicodeDecodeError) as failure:
        raise TableInvalid(f"{path.name}: a damaged Parquet file; write it again") from failure


def _parquet(path: Path, chosen: list[int], max_rows: int, max_bytes: int) -> pa.Table:

    try:
        with parquet.ParquetFile(path) as file:
            about = file.metadata
            unpacked = sum(about.row_group(n).total_byte_size for n in range(about.num_row_groups))
            if about.num_rows > max_rows:
                raise TableInvalid(f"{path.name}: {about.num_rows:,} rows, at most {max_rows:,} are read; split it")
            if unpacked > max_bytes:
                raise TableInvalid(
                    f"{path.name}: {unpacked:,} bytes unpacked, at most {max_bytes:,} are read; split it"
                )
            names = file.schema_arrow.names
            table = file.read(columns=[names[number] for number in chosen], use_threads=False)
    except (pa.ArrowException, OSError, UnicodeDecodeError) as failure:
        raise TableInvalid(f"{path.name}: a damaged Parquet file; write it again") from failure
    return table.rename_columns([str(number) for number in chosen])
