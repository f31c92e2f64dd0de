"""The active challenge: who moves as asked passes; who does not, jumps, or is exchanged, does not."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import numpy as np
import pytest

from visavis.perception.liveness.follow import Follower
from visavis.perception.liveness.head import HeadChallenge, Pose, draw_steps
from visavis.perception.liveness.verdict import Verdict
from visavis.types import Face, Quality

T0 = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
SIZE = (480, 640)
STEPS = (Pose.STRAIGHT, Pose.LEFT, Pose.CLOSER, Pose.RIGHT, Pose.LEFT, Pose.STRAIGHT)
PEAK = {Pose.STRAIGHT: (0.0, 1.0), Pose.LEFT: (25.0, 1.0), Pose.RIGHT: (-25.0, 1.0), Pose.CLOSER: (0.0, 1.3)}


def a_face(yaw_deg: float = 0.0, nearness: float = 1.0, *, middle: tuple[float, float] = (320, 240)) -> Face:
    """130 pixels wide, its eyes 60 apart."""
    half = 65 * nearness
    box = np.array([middle[0] - half, middle[1] - half, middle[0] + half, middle[1] + half], np.float32)
    quality = Quality(eye_distance_px=60 * nearness, sharpness=9.0, brightness=120.0, yaw_deg=yaw_deg)
    return Face(box=box, landmarks=np.zeros((5, 2), np.float32), confidence=0.99, quality=quality)


class Person:
    """Answers a challenge at eight frames a second."""

    def __init__(self, steps: tuple[Pose, ...] = STEPS) -> None:
        self.challenge = HeadChallenge(steps=steps)
        self.follower = Follower()
        self.at = T0
        self.posture = (0.0, 1.0)

    def show(self, *faces: Face) -> Verdict:
        self.at += timedelta(seconds=0.125)
        return self.challenge.see(self.follower.see(faces, self.at), SIZE)

    def hold(self, pose: Pose, frames: int = 4) -> Verdict:
        self.posture = PEAK[pose]
        for _ in range(frames):
            self.show(a_face(*self.posture))
        return self.challenge.verdict

    def move(self, pose: Pose, *, frames: int = 6) -> Verdict:
        start, end = np.array(self.posture), np.array(PEAK[pose])
        for share in np.linspace(0, 1, frames + 1)[1:]:
            self.show(a_face(*(start + share * (end - start))))
        return self.hold(pose, 3)

    def answer(self, poses: Iterable[Pose]) -> Verdict:
        for pose in poses:
            self.move(pose)
        return self.challenge.verdict


@pytest.mark.parametrize("seed", range(12))
def test_who_does_what_is_asked_passes(seed: int) -> None:
    """In any order that is drawn."""
    steps = draw_steps(np.random.default_rng(seed))
    assert Person(steps).answer(steps) is Verdict.PASSED


def test_orders_are_many_and_drawn_evenly() -> None:
    """24 orders; each holds both turns and closer between straight and straight, never the same twice in a row."""
    rng = np.random.default_rng(1)
    drawn = [draw_steps(rng) for _ in range(4800)]
    counts = {steps: drawn.count(steps) for steps in set(drawn)}
    assert len(counts) == 24
    assert min(counts.values()) > 140  # 200 are expected, with a standard deviation of 14
    for steps in counts:
        assert steps[0] is steps[-1] is Pose.STRAIGHT
        assert {Pose.LEFT, Pose.RIGHT, Pose.CLOSER} <= set(steps)
        assert all(one is not other for one, other in pairwise(steps))


def test_a_still_picture_runs_out_of_time() -> None:
    """It looks straight, and does nothing more."""
    person = Person()
    assert person.hold(Pose.STRAIGHT, 4) is Verdict.PENDING
    assert person.challenge.asked is Pose.LEFT
    assert person.hold(Pose.STRAIGHT, 66) is Verdict.FAILED  # 8 s


@pytest.mark.parametrize("order", [STEPS[::-1], (Pose.STRAIGHT, Pose.RIGHT, Pose.LEFT) * 3])
def test_a_recording_of_another_order_fails(order: tuple[Pose, ...]) -> None:
    """One wrong turn is forgiven, because people mix up left and right; two are not."""
    person = Person((Pose.STRAIGHT, Pose.LEFT, Pose.RIGHT, Pose.LEFT, Pose.CLOSER, Pose.STRAIGHT))
    assert person.answer([*order, *order, *order]) is Verdict.FAILED


def test_one_wrong_turn_is_forgiven() -> None:
    """Then the right one counts."""
    person = Person()
    person.hold(Pose.STRAIGHT)
    person.answer([Pose.RIGHT, Pose.STRAIGHT])
    assert person.answer(STEPS[1:]) is Verdict.PASSED


def test_pictures_that_are_exchanged_do_not_count() -> None:
    """The turned picture comes from one frame to the next, so it was jumped to and not turned to."""
    person = Person()
    person.hold(Pose.STRAIGHT)
    for _ in range(8):
        assert person.hold(Pose.LEFT, 3) is Verdict.PENDING
        assert person.challenge.hint == "slower"
        assert person.hold(Pose.STRAIGHT, 3) is Verdict.PENDING
        assert person.challenge.asked is Pose.LEFT


def test_a_picture_that_is_suddenly_larger_does_not_count() -> None:
    """Closer is a way, not a place."""
    person = Person((Pose.STRAIGHT, Pose.CLOSER, Pose.LEFT, Pose.STRAIGHT))
    person.hold(Pose.STRAIGHT)
    person.hold(Pose.CLOSER, 10)
    assert person.challenge.asked is Pose.CLOSER


def test_who_leaves_has_failed() -> None:
    """Nobody in view for a second: whoever comes back may be somebody else."""
    person = Person()
    person.hold(Pose.STRAIGHT)
    verdicts = [person.show() for _ in range(8)]
    assert verdicts[0] is Verdict.PENDING
    assert verdicts[-1] is Verdict.FAILED


def test_somebody_else_elsewhere_has_failed() -> None:
    """Two boxes that hardly touch are two people."""
    person = Person()
    person.hold(Pose.STRAIGHT)
    assert person.show(a_face(middle=(120, 240))) is Verdict.FAILED


def test_two_people_are_asked_to_be_one() -> None:
    """Frames with a second person do not count; a small face behind does not matter."""
    person = Person()
    for _ in range(4):
        person.show(a_face(), a_face(nearness=0.6, middle=(500, 240)))
    assert person.challenge.hint == "several_faces"
    assert person.challenge.number == 0
    for _ in range(3):
        person.show(a_face(), a_face(nearness=0.3, middle=(500, 240)))
    assert person.challenge.number == 1


def test_who_stands_too_near_is_asked_back() -> None:
    """Otherwise there is no room to come closer."""
    person = Person()
    for _ in range(6):
        person.show(a_face(nearness=2.4))
    assert person.challenge.hint == "too_near"
    assert person.challenge.number == 0


def test_nobody_is_no_failure() -> None:
    """After 40 seconds without anybody there is nothing to judge."""
    person = Person()
    verdicts = [person.show() for _ in range(330)]
    assert verdicts[300] is Verdict.PENDING
    assert verdicts[-1] is Verdict.UNDECIDED


def test_time_left_counts_down() -> None:
    """From eight seconds a step."""
    person = Person()
    person.hold(Pose.STRAIGHT, 3)
    assert person.challenge.left_s(person.at) == 8.0
    person.hold(Pose.STRAIGHT, 8)
    assert person.challenge.left_s(person.at) == 7.0
