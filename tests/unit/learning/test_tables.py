"""Anybody's table is read, or refused with its row and column."""

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from visavis.learning.tables import (
    NO_TIME,
    Column,
    Kind,
    TableEmpty,
    TableInvalid,
    Unit,
    column_names,
    numbered,
    read_table,
)

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
AT_NOON = 1_769_860_800_000_000
TIME = {"time": Column(kind=Kind.TIME)}


def written(folder: Path, text: str | bytes, name: str = "log.csv") -> Path:
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def test_noon_is_noon() -> None:
    assert NOON.timestamp() * 1e6 == AT_NOON


@pytest.mark.parametrize("separator", [",", "\t", ";"])
def test_columns_of_each_kind(tmp_path: Path, separator: str) -> None:
    """Text, number, whole number, time; columns that nobody wants are not looked at."""
    rows = ["who,what,price,count,time", "ada,x,1.5,2,2026-01-31T13:00:00+01:00", "bob,y,2e3,3.0,2026-01-31 12:00:00Z"]
    path = written(tmp_path, "\n".join(rows).replace(",", separator))
    found = read_table(
        path,
        {
            "member": Column(name="who"),
            "price": Column(kind=Kind.NUMBER),
            "count": Column(kind=Kind.WHOLE),
            "time": Column(kind=Kind.TIME),
            "dwell": Column(kind=Kind.NUMBER, required=False),
        },
    )
    assert found["member"].tolist() == ["ada", "bob"]
    assert found["price"].tolist() == [1.5, 2000.0]
    assert (found["count"].tolist(), found["count"].dtype) == ([2, 3], np.int64)
    assert found["time"].tolist() == [AT_NOON, AT_NOON]
    assert "dwell" not in found


def test_typed_headers_lose_their_types(tmp_path: Path) -> None:
    """As RecBole writes them; unix seconds."""
    path = written(tmp_path, "user_id:token\titem_id:token\ttimestamp:float\n196\t242\t881250949\n")
    assert column_names(path) == ("user_id", "item_id", "timestamp")
    found = read_table(path, {"user_id": Column(), "timestamp": Column(kind=Kind.TIME)})
    assert found["user_id"].tolist() == ["196"]
    assert found["timestamp"].tolist() == [881_250_949_000_000]


@pytest.mark.parametrize(
    ("cell", "column"),
    [
        ("1769860800", Column(kind=Kind.TIME)),
        ("1769860800.0", Column(kind=Kind.TIME)),
        ("1769860800000", Column(kind=Kind.TIME, unit=Unit.MS)),
        ("1769860800000000", Column(kind=Kind.TIME, unit=Unit.US)),
        ("2026-01-31T12:00:00Z", Column(kind=Kind.TIME, unit=Unit.MS)),
        ("2026-01-31 20:00", Column(kind=Kind.TIME, zone="Asia/Shanghai")),
    ],
)
def test_a_moment_is_written_in_many_ways(tmp_path: Path, cell: str, column: Column) -> None:
    """Each of them is noon of one day."""
    assert read_table(written(tmp_path, f"time\n{cell}\n"), {"time": column})["time"].tolist() == [AT_NOON]


@pytest.mark.parametrize(
    ("text", "wanted", "message"),
    [
        ("a,time\n1,2026-01-31T12:00:00Z\n2,yesterday\n", TIME, "log.csv: row 3, column time: 'yesterday' is no time"),
        ("a,time\n1,2026-01-31T12:00:00\n", TIME, "row 2, column time: .* names no zone"),
        ("a,time\n\n1,1769860800\n2,1769860800000\n", TIME, "row 4, column time: .* beyond the year 3000"),
        ("a,time\n1,\n", TIME, "row 2, column time: the cell is empty"),
        ("a\nx\n1\n", {"a": Column(kind=Kind.NUMBER)}, "row 2, column a: 'x' is no number"),
        ("a\n1\nnan\n", {"a": Column(kind=Kind.NUMBER)}, "row 3, column a: nan is no finite number"),
        ("a\n-inf\n", {"a": Column(kind=Kind.NUMBER)}, "row 2, column a: -inf is no finite number"),
        ("a\n1\n1.5\n", {"a": Column(kind=Kind.WHOLE)}, "row 3, column a: 1.5 is no whole number"),
        ("a,b\n,1\n", {"a": Column()}, "row 2, column a: the cell is empty"),
        ("a,b\nx" + "x" * 1024 + ",1\n", {"a": Column()}, "row 2, column a: more than 1024"),
        ("a,b\n1,2\n3\n", {"a": Column()}, "row 3: 1 cells where the header names 2"),
        ("a,b\n1,2,3\n", {"a": Column()}, "row 2: 3 cells where the header names 2"),
        ('a,b\n1,2\n"3,4\n', {"a": Column()}, "row 3: .*"),
        (b"a,b\n1,2\n\xff,4\n", {"a": Column()}, "row 3: it is not UTF-8"),
        (b"\xff\xfea,b\n1,2\n", {"a": Column()}, "row 1: it is not UTF-8"),
        ("a,b\n1,2\n", {"c": Column()}, "no column 'c'; the file has a, b"),
        ("a,a\n1,2\n", {"a": Column()}, "row 1: column 'a' is there twice"),
        ("\n1,2\n", {"a": Column()}, "row 1: it is blank"),
        (b"PAR1 and then nothing", {"a": Column()}, "damaged Parquet"),
    ],
)
def test_what_is_wrong_is_named_with_its_place(
    tmp_path: Path, text: str | bytes, wanted: dict[str, Column], message: str
) -> None:
    """File, row as a person counts them (the header is row 1), column, what was found."""
    with pytest.raises(TableInvalid, match=message):
        read_table(written(tmp_path, text), wanted)


@pytest.mark.parametrize("text", ["", "a,b\n", "a,b\n\n\n"])
def test_an_empty_file_is_an_error_of_its_own(tmp_path: Path, text: str) -> None:
    """Nothing, a header alone, blank lines."""
    with pytest.raises(TableEmpty, match=r"log\.csv"):
        read_table(written(tmp_path, text), {"a": Column()})


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(TableInvalid, match="No such file"):
        read_table(tmp_path / "none.csv", {"a": Column()})
    with pytest.raises(TableInvalid, match="Is a directory"):
        read_table(tmp_path, {"a": Column()})


def test_more_than_is_let_in(tmp_path: Path) -> None:
    """Bytes and rows, of text and of Parquet."""
    path = written(tmp_path, "a\n1\n2\n3\n")
    with pytest.raises(TableInvalid, match="3 rows, at most 2"):
        read_table(path, {"a": Column()}, max_rows=2)
    with pytest.raises(TableInvalid, match="8 bytes, at most 7"):
        read_table(path, {"a": Column()}, max_bytes=7)
    zeros = tmp_path / "zeros.parquet"
    parquet.write_table(pa.table({"a": np.arange(100_000) // 1000}), zeros)
    with pytest.raises(TableInvalid, match="100,000 rows"):
        read_table(zeros, {"a": Column()}, max_rows=10)


def test_empty_cells_where_they_are_let_in(tmp_path: Path) -> None:
    """Nothing is "", NaN or NO_TIME."""
    path = written(tmp_path, "who,text,number,time\nada,,,\n")
    found = read_table(
        path,
        {
            "who": Column(),
            "text": Column(empty=True),
            "number": Column(kind=Kind.NUMBER, empty=True),
            "time": Column(kind=Kind.TIME, empty=True),
        },
    )
    assert found["text"].tolist() == [""]
    assert np.isnan(found["number"]).all()
    assert found["time"].tolist() == [NO_TIME]


def test_infinity_where_it_is_let_in(tmp_path: Path) -> None:
    path = written(tmp_path, "a\ninf\nnan\n")
    found = read_table(path, {"a": Column(kind=Kind.NUMBER, finite=False)})["a"]
    assert (found[0], np.isnan(found[1])) == (np.inf, True)


def test_either_is_numbers_where_all_are(tmp_path: Path) -> None:
    """One word among them makes all of them words."""
    path = written(tmp_path, "a,b\n1,1\n2,two\n")
    found = read_table(path, {"a": Column(kind=Kind.EITHER), "b": Column(kind=Kind.EITHER)})
    assert found["a"].tolist() == [1.0, 2.0]
    assert found["b"].tolist() == ["1", "two"]


def test_blank_lines_are_no_rows_but_count(tmp_path: Path) -> None:
    """A quoted cell may hold a separator and a line's end."""
    path = written(tmp_path, 'a,b\n\n"x, y\nz",2\n\n')
    assert read_table(path, {"a": Column(), "b": Column()})["a"].tolist() == ["x, y\nz"]


def test_parquet_of_any_types(tmp_path: Path) -> None:
    """Dictionaries, whole numbers, times with and without zone; rows count from 1."""
    path = tmp_path / "log.parquet"
    table = pa.table(
        {
            "who": pa.array(["ada", "ada"]).dictionary_encode(),
            "number": pa.array([7, 8]),
            "zoned": pa.array([NOON, NOON], pa.timestamp("ms", "Asia/Shanghai")),
            "naive": pa.array([NOON.replace(tzinfo=None)] * 2, pa.timestamp("ns")),
            "seconds": pa.array([1_769_860_800, None]),
        }
    )
    parquet.write_table(table, path)
    utc = Column(kind=Kind.TIME, zone="UTC")
    time = Column(kind=Kind.TIME)
    found = read_table(
        path,
        {"who": Column(), "number": Column(), "zoned": time, "naive": utc, "n": Column(kind=Kind.WHOLE, name="number")},
    )
    assert found["who"].tolist() == ["ada", "ada"]
    assert found["number"].tolist() == ["7", "8"]
    assert found["n"].tolist() == [7, 8]
    assert found["zoned"].tolist() == found["naive"].tolist() == [AT_NOON, AT_NOON]
    with pytest.raises(TableInvalid, match=r"row 1, column naive: .* names no zone"):
        read_table(path, {"naive": time})
    with pytest.raises(TableInvalid, match="row 2, column seconds: the cell is empty"):
        read_table(path, {"seconds": time})


def test_damaged_files_are_read_or_refused(tmp_path: Path) -> None:
    """Bytes that are changed, lost or added in a CSV and a Parquet file: never anything but an error with its place."""
    rng = np.random.default_rng(1)
    whole = tmp_path / "whole.parquet"
    table = {"a": ["x", "y"] * 50, "b": np.arange(100.0), "t": pa.array(np.arange(100), pa.timestamp("s", "UTC"))}
    parquet.write_table(pa.table(table), whole)
    lines = "\n".join(f"x{n},{n}.5,2026-01-01T00:00:{n % 60:02}Z" for n in range(100))
    kinds = (whole.read_bytes(), f"a,b,t\n{lines}".encode())
    wanted = {"a": Column(), "b": Column(kind=Kind.NUMBER), "t": Column(kind=Kind.TIME)}
    refused = 0
    for number in range(400):
        damaged = bytearray(kinds[number % 2])
        for place in rng.integers(0, len(damaged) - 40, 3).tolist():
            noise = rng.integers(0, 256, int(rng.integers(0, 20)), dtype=np.uint8).tobytes()
            damaged[place : place + int(rng.integers(0, 20))] = noise
        path = written(tmp_path, bytes(damaged))
        try:
            assert len(read_table(path, wanted)["a"]) > 0
        except TableInvalid:
            refused += 1
    assert refused > 200


def test_names_are_numbered_in_the_order_in_which_they_come() -> None:
    codes, names = numbered(np.array(["b", "a", "b"], dtype=object))
    assert (codes.tolist(), names) == ([0, 1, 0], ("b", "a"))
