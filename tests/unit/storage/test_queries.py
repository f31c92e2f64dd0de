"""SQL is found by name, and none of it lies about unused."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from visavis.storage import queries as module
from visavis.storage import wrapped
from visavis.storage.queries import FOLDER, queries

SOURCE = FOLDER.parent
FILES = sorted(path.stem for path in FOLDER.glob("*.sql"))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setattr(module, "FOLDER", tmp_path)
    queries.cache_clear()
    yield tmp_path
    queries.cache_clear()


def test_blocks_are_split_at_their_names(folder: Path) -> None:
    """A comment inside a block is part of it; what stands before the first name is not."""
    (folder / "x.sql").write_text("-- a file\n\n-- one: First.\nSELECT 1 -- not: a name\n\n-- two: Second.\nSELECT 2\n")
    found = queries("x")
    assert list(found) == ["one", "two"]
    assert found["one"] == b"-- one: First.\nSELECT 1 -- not: a name\n\n"
    assert found["two"].endswith(b"SELECT 2\n")


def test_a_name_stands_for_one_statement(folder: Path) -> None:
    (folder / "x.sql").write_text("-- one: First.\nSELECT 1\n-- one: Again.\nSELECT 2\n")
    with pytest.raises(ValueError, match=r"x\.sql names a statement twice"):
        queries("x")


def asked_by_rule(file: str) -> set[str]:
    """Names that are put together when they are asked for."""
    match file:
        case "held":  # all that begin with the name of a half; that each is a table is tested in test_held.py
            return {name for name in queries(file) if name.startswith(("edge_", "hub_"))}
        case "wrapped":
            return {f"{way}{name}" for name in (*wrapped.EDGE, *wrapped.HUB) for way in ("", "save_")}
        case _:
            return set()


@pytest.mark.parametrize("file", FILES)
def test_every_statement_is_used(file: str) -> None:
    """And every name that the code asks for is there."""
    users = [p.read_text(encoding="utf-8") for p in SOURCE.glob("*.py") if f'queries("{file}")' in p.read_text("utf-8")]
    asked = {name for text in users for name in re.findall(r'(?:_sql|queries\("\w+"\))\["(\w+)"\]', text)}
    asked |= asked_by_rule(file)
    assert queries(file).keys() <= asked
    owner = next((text for text in users if f'self._sql = queries("{file}")' in text), "")
    assert owner or asked_by_rule(file)
    assert set(re.findall(r'_sql\["(\w+)"\]', owner)) <= queries(file).keys()


def test_there_is_sql() -> None:
    assert len(FILES) >= 10
