"""The active challenge: turn left, turn right, come closer, look straight, in an order that nobody knows before.

A flat picture that is turned keeps the nose between the eyes, since all its points close up alike; only a head whose
nose lies before its eyes answers. Pictures that are exchanged in time jump, and a pose that was jumped to does not
count.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise, permutations

import numpy as np

from visavis.perception.liveness.follow import Glimpse
from visavis.perception.liveness.verdict import Verdict
from visavis.types import Face


class Pose(StrEnum):
    """What the person is asked for; left and right are the person's own."""

    STRAIGHT = "straight"
    LEFT = "left"
    RIGHT = "right"
    CLOSER = "closer"


TURN_DEG = 15.0  # as measured, from where the person looked at the beginning; flat pictures reach 4
STRAIGHT_DEG = 8.0
FRONTAL_DEG = 14.0  # at the beginning, as measured
CLOSER = 1.22  # growth of the eye distance
ROOM = 0.62  # of the picture's shorter side that the face may fill at the beginning, so that it can come closer
HOLD_FRAMES = 3  # consecutive frames that show a pose
WRONG_TURNS = 1  # that are forgiven: people mix up left and right
STEP_TIME = timedelta(seconds=8)
WAIT_TIME = timedelta(seconds=40)  # for the person to stand there and look straight

_MIDDLE = sorted(
    {
        steps
        for extra in (Pose.LEFT, Pose.RIGHT, Pose.STRAIGHT)
        for steps in permutations((Pose.LEFT, Pose.RIGHT, Pose.CLOSER, extra))
        if steps[0] is not Pose.STRAIGHT and steps[-1] is not Pose.STRAIGHT
        if all(one is not other for one, other in pairwise(steps))
    }
)


def draw_steps(rng: np.random.Generator) -> tuple[Pose, ...]:
    """Straight, then both turns, closer and one more in one of 24 orders, then straight again."""
    return (Pose.STRAIGHT, *_MIDDLE[rng.integers(len(_MIDDLE))], Pose.STRAIGHT)


def draw_turn(rng: np.random.Generator) -> tuple[Pose, ...]:
    """Straight, one turn to either side, straight."""
    return (Pose.STRAIGHT, (Pose.LEFT, Pose.RIGHT)[rng.integers(2)], Pose.STRAIGHT)


@dataclass(slots=True, kw_only=True)
class HeadChallenge:
    """One person's answers, frame by frame."""

    steps: tuple[Pose, ...]
    verdict: Verdict = Verdict.PENDING
    hint: str | None = None  # what hinders just now; None: go on
    number: int = 0  # of the step that is asked, from 0
    _began: datetime | None = None  # when the step was asked
    _held: list[Face] = field(default_factory=list)
    _arrived: bool = True  # the pose was moved into, not jumped to
    _wrong: int = 0
    _wrong_held: int = 0
    _left_last_pose: bool = True
    _base_yaw_deg: float = 0.0
    _base_eyes_px: float = 0.0

    @property
    def asked(self) -> Pose:
        """What the person should do now."""
        return self.steps[min(self.number, len(self.steps) - 1)]

    def left_s(self, at: datetime) -> float:
        """Seconds until the step ends."""
        limit = STEP_TIME if self.number else WAIT_TIME
        return max(0.0, (limit - (at - (self._began or at))).total_seconds())

    def see(self, glimpse: Glimpse, size: tuple[int, int]) -> Verdict:
        """Judge one frame of the given height and width."""
        if self.verdict is not Verdict.PENDING:
            return self.verdict
        self._began = self._began or glimpse.at
        self.hint = glimpse.hint
        if self.number and (glimpse.lost or not self.left_s(glimpse.at)):
            self.verdict = Verdict.FAILED
        elif not self.left_s(glimpse.at):
            self.verdict = Verdict.UNDECIDED  # nobody came
        elif glimpse.face is None:
            self._held.clear()
        else:
            self._judge(glimpse, glimpse.face, size)
        return self.verdict

    def _judge(self, glimpse: Glimpse, face: Face, size: tuple[int, int]) -> None:
        shown = self._shows(face, self.asked, size)
        if glimpse.jumped:
            self._arrived, self.hint = False, "slower"
            self._held.clear()
        elif not shown:
            self._arrived = True
        if shown and not self._arrived:
            self.hint = "slower"
        self._held = [*self._held, face] if shown and self._arrived else []
        self._count_wrong(face, size)
        if len(self._held) >= HOLD_FRAMES:
            self._next(glimpse.at)

    def _next(self, at: datetime) -> None:
        if self.number == 0:
            self._base_yaw_deg = float(np.mean([face.quality.yaw_deg for face in self._held]))
            self._base_eyes_px = float(np.mean([face.quality.eye_distance_px for face in self._held]))
        self.number += 1
        self._began, self._held = at, []
        self._left_last_pose, self._wrong_held = False, 0
        if self.number == len(self.steps):
            self.verdict = Verdict.PASSED

    def _shows(self, face: Face, pose: Pose, size: tuple[int, int]) -> bool:
        if self.number == 0:
            return self._ready(face, size)
        turned = face.quality.yaw_deg - self._base_yaw_deg  # positive: to the picture's right, the person's left
        match pose:
            case Pose.LEFT:
                return turned >= TURN_DEG
            case Pose.RIGHT:
                return turned <= -TURN_DEG
            case Pose.CLOSER:
                return face.quality.eye_distance_px >= CLOSER * self._base_eyes_px and abs(turned) < TURN_DEG
            case Pose.STRAIGHT:
                return abs(turned) <= STRAIGHT_DEG

    def _ready(self, face: Face, size: tuple[int, int]) -> bool:
        if float(face.box[2] - face.box[0]) > ROOM * min(size):
            self.hint = "too_near"
            return False
        return face.quality.usable and abs(face.quality.yaw_deg) <= FRONTAL_DEG

    def _count_wrong(self, face: Face, size: tuple[int, int]) -> None:
        """A recording that goes through all poses again and again shows wrong ones as well."""
        if self.number == 0:
            return
        turns = {pose: self._shows(face, pose, size) for pose in (Pose.LEFT, Pose.RIGHT)}
        self._left_last_pose |= not turns.get(self.steps[self.number - 1], False)
        others = [pose for pose, shown in turns.items() if shown and pose is not self.asked]
        came_back = others == [self.steps[self.number - 1]] and not self._left_last_pose
        self._wrong_held = self._wrong_held + 1 if others and not came_back and self.asked is not Pose.STRAIGHT else 0
        if self._wrong_held == HOLD_FRAMES:
            self._wrong += 1
            if self._wrong > WRONG_TURNS:
                self.verdict = Verdict.FAILED
