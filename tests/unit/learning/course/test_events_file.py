"""Anybody's events as a series, and what is wrong with a file said with row and column."""

from pathlib import Path

import pytest

from visavis.errors import TableInvalid
from visavis.learning.course.events_file import read_events
from visavis.testing import a_scenario

HEAD = "member,time,kind,item,dwell_s\n"


def written(folder: Path, *rows: str, head: str = HEAD) -> Path:
    path = folder / "events.csv"
    path.write_text(head + "".join(f"{row}\n" for row in rows))
    return path


def test_rows_in_any_order_become_a_series(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        "ann,2026-01-02T00:00:00Z,tapped,item-1,3",
        "ben,2026-01-01T00:00:00Z,visited,,0",
        "ann,2026-01-01T00:00:00Z,visited,,1.5",
    )
    found = read_events(path, a_scenario())
    assert (found.members, found.starts.tolist()) == (("ann", "ben"), [0, 2, 3])
    assert [found.kinds[k] for k in found.kind] == ["visited", "tapped", "visited"]
    assert [None if i < 0 else found.items[i] for i in found.item] == [None, "item-1", None]
    assert found.dwell_s.tolist() == [1.5, 3, 0]


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ("ann,2026-01-01T00:00:00Z,flown,,0", "row 3, column kind: the scenario knows no 'flown'"),
        ("ann,2026-01-01T00:00:00Z,tapped,moon,0", "row 3, column item: the scenario knows no 'moon'"),
        ("ann,2026-01-01T00:00:00Z,tapped,item-1,-1", "row 3, column dwell_s: less than 0"),
        ("ann,soon,tapped,item-1,1", "row 3, column time"),
        ("ann,2026-01-01T00:00:00Z,tapped,item-1,NaN", "row 3, column dwell_s"),
    ],
)
def test_a_wrong_cell_is_named(tmp_path: Path, row: str, told: str) -> None:
    with pytest.raises(TableInvalid, match=told):
        read_events(written(tmp_path, "ann,2026-01-01T00:00:00Z,visited,,0", row), a_scenario())
    with pytest.raises(TableInvalid, match="no column 'kind'"):
        read_events(written(tmp_path, "ann,2026-01-01T00:00:00Z", head="member,time\n"), a_scenario())
