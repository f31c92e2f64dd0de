"""What lately happened before a monitor."""

from visavis.server.happenings import MOST, Happenings, Kind
from visavis.testing import FixedClock


def test_lines_come_in_order_and_once() -> None:
    """Two at a time, each asked on from the last; another monitor has its own."""
    clock = FixedClock()
    lines = Happenings(clock)
    for kind in (Kind.CONNECTED, Kind.ARRIVED, Kind.RECOGNISED):
        lines.add("door", kind)  # the clock stands still: numbers grow all the same
    lines.add("hall", Kind.LOST, trouble="stalled")
    first, missed = lines.after("door", 0, 2)
    assert ([line.kind for line in first], missed) == ([Kind.CONNECTED, Kind.ARRIVED], False)
    rest, _ = lines.after("door", first[-1].number, 2)
    assert [line.kind for line in rest] == [Kind.RECOGNISED]
    assert lines.after("door", rest[-1].number, 2) == ([], False)
    assert [line.trouble for line in lines.after("hall", 0, 9)[0]] == ["stalled"]


def test_old_lines_go_and_whoever_was_slow_is_told() -> None:
    """Only the last thousand are kept; a new process goes on with greater numbers."""
    clock = FixedClock()
    lines = Happenings(clock)
    for _ in range(MOST + 1):
        lines.add("door", Kind.ARRIVED, faces=1)
    found, missed = lines.after("door", 0, MOST)
    assert (len(found), missed) == (MOST, True)
    assert lines.after("door", found[-1].number - 1, 9)[1] is False
    clock.advance(seconds=1)
    later = Happenings(clock)
    later.add("door", Kind.CONNECTED)
    assert later.after("door", found[-1].number, 9)[0]
    lines.forget("door")
    assert lines.after("door", 0, 9) == ([], False)
