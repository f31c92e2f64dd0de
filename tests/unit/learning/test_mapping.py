"""A mapping says what a table's columns are; rows become events, all or none."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

import pytest

from visavis.errors import MappingInvalid, TableEmpty, TableInvalid
from visavis.learning.series.mapping import read_mapping
from visavis.learning.series.rows import Rows, read_rows
from visavis.testing import a_scenario

SCENARIO = a_scenario()
NOW = datetime(2026, 2, 1, 12, tzinfo=UTC)
MAPPING = """\
source: /till
member: {column: card}
time: {column: sold}
kind: {column: what, values: {SALE: bought, LOOK: viewed, VOID: null}}
item: {column: sku, values: {T1: item-1}, unknown: none}
placement: {constant: screen}
value: {column: cents, times: 0.01}
dwell_s: {column: minutes, times: 60}
id: {column: nr}
"""
HEADER = "card,sold,what,sku,cents,minutes,nr"
SALE = "VV1-A,2026-02-01T10:00:00Z,SALE,T1,450,2.5,7"


def mapped(folder: Path, rows: list[str], mapping: str = MAPPING) -> Rows:
    (folder / "map.yaml").write_text(mapping)
    (folder / "till.csv").write_text("\n".join([HEADER, *rows]))
    return read_rows(folder / "till.csv", read_mapping(folder / "map.yaml", SCENARIO), SCENARIO, NOW)


def test_a_row_becomes_an_event(tmp_path: Path) -> None:
    """Names are translated, cents and minutes multiplied, the id is that of source and number."""
    rows = mapped(tmp_path, [SALE])
    ((member, event),) = rows.events
    assert member == "VV1-A"
    assert event.id == str(uuid5(NAMESPACE_URL, "/till\n7"))
    assert (event.kind, event.item_id, event.placement) == ("bought", "item-1", "screen")
    assert (event.value, event.dwell_s) == (pytest.approx(4.5), 150.0)
    assert (event.occurred_at, event.token) == (datetime(2026, 2, 1, 10, tzinfo=UTC), None)


def test_rows_that_nobody_wants(tmp_path: Path) -> None:
    """A kind that is null, a row without a member; an unknown item is none, empty numbers are 0."""
    rows = mapped(
        tmp_path, [SALE.replace("SALE", "VOID"), SALE.replace("VV1-A", ""), "VV1-A,2026-02-01T10:00:00Z,LOOK,X,,,8"]
    )
    assert (rows.read, rows.unwanted, rows.nobody) == (3, 1, 1)
    ((_, event),) = rows.events
    assert (event.kind, event.item_id, event.value, event.dwell_s) == ("viewed", None, 0.0, 0.0)


def test_clocks_differ_a_little(tmp_path: Path) -> None:
    """Five minutes ahead count as now."""
    ((_, event),) = mapped(tmp_path, [SALE.replace("2026-02-01T10:00:00Z", "2026-02-01T12:04:00Z")]).events
    assert event.occurred_at == NOW


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (SALE.replace("SALE", "RENT"), "row 3, column what: the scenario has no kind 'RENT'; translate it"),
        (SALE.replace("10:00:00", "12:06:00"), "row 3, column sold: lies in the future"),
        (SALE.replace("2.5", "-1"), "row 3, column minutes: -60 s is no time"),
        (SALE.replace("450", "451"), "row 3, column nr: this id came before, with other content"),
        (SALE.replace("450", "nan"), "row 3, column cents: nan is no finite number"),
        (SALE.replace("2026-02-01T10:00:00Z", "soon"), "row 3, column sold: 'soon' is no time"),
    ],
)
def test_a_wrong_row_is_named_and_nothing_is_taken(tmp_path: Path, row: str, message: str) -> None:
    """The file is refused as a whole."""
    with pytest.raises(TableInvalid, match=rf"till\.csv: {message}"):
        mapped(tmp_path, [SALE, row])


def test_the_first_few_of_many(tmp_path: Path) -> None:
    """Five rows are named, the rest is counted."""
    rows = [SALE.replace("SALE", f"RENT{n}").replace(",7", f",{n}") for n in range(9)]
    with pytest.raises(TableInvalid, match=r"row 2, .*; row 6, .*; and 4 more rows"):
        mapped(tmp_path, rows)


def test_the_same_row_twice_is_no_mistake(tmp_path: Path) -> None:
    assert len(mapped(tmp_path, [SALE, SALE]).events) == 2


def test_an_empty_table(tmp_path: Path) -> None:
    with pytest.raises(TableEmpty):
        mapped(tmp_path, [])


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "SALE: bought",
            "SALE: sold",
            r"map\.yaml:4: kind.values.SALE: .*|map\.yaml:4: the scenario has no kind 'sold'",
        ),
        ("{constant: screen}", "{constant: wall}", r"map\.yaml:6: the scenario has no placement 'wall'"),
        ("{constant: screen}", "{constant: screen, column: place}", r"map\.yaml:6: .*either a constant or a column"),
        ("{column: sold}", "{column: sold, zone: Mars}", r"map\.yaml:3: .*no such zone"),
        ("times: 60", "times: .inf", r"map\.yaml:8: .*finite"),
        ("{column: card}", "{column: card, is: phone}", r"map\.yaml:2: .*'card', 'member' or 'pseudonym'"),
        ("source: /till\n", "", r"map\.yaml:1: source: Field required"),
        ("source: /till", "colour: red", r"map\.yaml:1: colour: Extra inputs"),
        ("source: /till", "source: [", r"map\.yaml:\d: is not YAML"),
    ],
)
def test_a_wrong_mapping_is_named_by_line(tmp_path: Path, old: str, new: str, message: str) -> None:
    """As scenario packs are."""
    assert old in MAPPING
    with pytest.raises(MappingInvalid, match=message):
        mapped(tmp_path, [SALE], MAPPING.replace(old, new))


def test_clocks_of_a_place(tmp_path: Path) -> None:
    """Times without a zone are those of the zone that the mapping names."""
    mapping = MAPPING.replace("{column: sold}", "{column: sold, zone: Asia/Shanghai}")
    ((_, event),) = mapped(tmp_path, [SALE.replace("2026-02-01T10:00:00Z", "2026-02-01 18:00:00")], mapping).events
    assert event.occurred_at == NOW - timedelta(hours=2)
