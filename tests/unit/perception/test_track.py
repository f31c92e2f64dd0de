"""Faces keep their number from frame to frame."""

from datetime import UTC, datetime, timedelta

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from visavis.perception.track import FORGET_AFTER, Tracker
from visavis.types import Face, Quality

START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
STEP = timedelta(seconds=0.2)


def face(
    x: float, y: float = 100, width: float = 80, *, eye_distance: float = 40, reasons: tuple[str, ...] = ()
) -> Face:
    return Face(
        box=np.array([x, y, x + width, y + 1.2 * width], np.float32),
        landmarks=np.zeros((5, 2), np.float32),
        confidence=1.0,
        quality=Quality(eye_distance_px=eye_distance, sharpness=10, brightness=120, yaw_deg=0, reasons=reasons),
    )


def ids(tracker: Tracker, *faces: Face, step: float) -> list[int]:
    return [track.id for track in tracker.update(faces, START + step * STEP)]


def test_someone_who_walks_past() -> None:
    """Half a face further in every frame: one number."""
    tracker = Tracker()
    assert {tuple(ids(tracker, face(40 * k), step=k)) for k in range(15)} == {(0,)}


def test_two_people_who_stand_side_by_side() -> None:
    """Each keeps a number, in whichever order the faces come."""
    tracker = Tracker()
    assert ids(tracker, face(100), face(300), step=0) == [0, 1]
    assert ids(tracker, face(310), face(105), step=1) == [1, 0]


def test_the_nearer_claim_wins() -> None:
    """Two faces overlap one track: the one that overlaps more goes on with it, the other is new."""
    tracker = Tracker()
    assert ids(tracker, face(100), step=0) == [0]
    assert ids(tracker, face(140), face(102), step=1) == [1, 0]


def test_a_missed_frame() -> None:
    """A face that is not found for a second is the same one afterwards, and alive meanwhile."""
    tracker = Tracker()
    assert ids(tracker, face(100), step=0) == [0]
    assert ids(tracker, step=3) == []
    assert tracker.alive == {0}
    assert ids(tracker, face(104), step=5) == [0]


def test_someone_who_comes_back_later() -> None:
    """After 1.2 s it is another visit with another number; the old one is forgotten."""
    tracker = Tracker()
    assert ids(tracker, face(100), step=0) == [0]
    late = FORGET_AFTER / STEP + 1
    assert ids(tracker, step=late) == []
    assert tracker.alive == frozenset()
    assert ids(tracker, face(100), step=late + 1) == [1]


def test_someone_else_elsewhere() -> None:
    """A face on the other side of the picture is no walker."""
    tracker = Tracker()
    assert ids(tracker, face(0), step=0) == [0]
    assert ids(tracker, face(400), step=1) == [1]


def test_best_shots() -> None:
    """The first usable face is the best so far; then only one at least as good; never an unusable one."""
    tracker, best = Tracker(), []
    shots = [(10, ("too_small",)), (24, ()), (20, ()), (36, ()), (30, ()), (48, ("blurred",)), (36, ())]
    for step, (eye_distance, reasons) in enumerate(shots):
        (track,) = tracker.update((face(100, eye_distance=eye_distance, reasons=reasons),), START + step * STEP)
        assert track.id == 0
        best.append(track.best_shot)
    assert best == [False, True, False, True, False, False, True]


def test_nothing_is_kept_of_those_who_left() -> None:
    """The tracker forgets the face itself, not only its number."""
    tracker = Tracker()
    tracker.update((face(100),), START)
    tracker.update((), START + 2 * FORGET_AFTER)
    assert (tracker._tracks, tracker._best) == ([], {})


@given(
    st.lists(
        st.lists(st.tuples(st.integers(0, 600), st.integers(0, 400), st.integers(20, 200)), max_size=5), max_size=8
    )
)
def test_laws(frames: list[list[tuple[int, int, int]]]) -> None:
    """Each face of a frame has one number of its own, in order; numbers never come back for others."""
    tracker, used = Tracker(), set()
    for step, places in enumerate(frames):
        alive = tracker.alive
        found = ids(tracker, *(face(*place) for place in places), step=step)
        assert len(found) == len(set(found)) == len(places)
        assert not (set(found) & used) - alive
        used |= set(found)
        assert set(found) <= tracker.alive
