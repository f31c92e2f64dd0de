"""A liveness check: one person, one camera, one challenge; and the pass that it gives.

A pass is good once, for a short time, at one placement, for one use, and only for the pictures that the check itself
saw of the person whom it followed.
"""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

import numpy as np

from visavis.errors import LivenessRequired
from visavis.perception.liveness.follow import Follower
from visavis.perception.liveness.head import HeadChallenge, Pose, draw_steps, draw_turn
from visavis.perception.liveness.light import Colour, LightChallenge, draw_colours
from visavis.perception.liveness.scorer import FRONTAL_DEG, VOTES, LiveScorer
from visavis.perception.liveness.verdict import Verdict
from visavis.ports import Clock
from visavis.types import Face, Frame, Guarded, Liveness, MemberId

LIFETIME = timedelta(minutes=2)
LIMIT = 1_000  # passes and pictures of one pass that are kept, so that nobody fills the memory


class Challenge(StrEnum):
    """What a person can be asked for."""

    HEAD = "head"  # several poses
    TURN = "turn"  # one turn, beside the light: a face cut out of a photograph is lit as a face is
    LIGHT = "light"


def asked(level: Liveness, wish: Challenge, *, may_flash: bool) -> tuple[Challenge, ...]:
    """The challenges that a level takes, in order.

    Args:
        level: of the scenario for what the person wants.
        wish: which one the person would rather have, where there is a choice.
        may_flash: false for a person who asked for less motion; `BOTH` then has no way through the camera.
    """
    match level:
        case Liveness.OFF:
            return ()
        case Liveness.ACTIVE:
            return (Challenge.HEAD,)
        case Liveness.EITHER if wish is Challenge.LIGHT and may_flash:
            return (Challenge.TURN, Challenge.LIGHT)
        case Liveness.EITHER:
            return (Challenge.HEAD,)
        case Liveness.BOTH:
            if not may_flash:
                raise LivenessRequired("this needs the changing light of the screen; card, PIN or staff serve as well")
            return (Challenge.HEAD, Challenge.LIGHT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a check stands after one frame: all that a page learns."""

    verdict: Verdict
    challenge: Challenge
    hint: str | None
    pose: Pose | None = None
    colour: Colour | None = None
    number: int = 0  # steps done, of all challenges
    of: int = 1
    left_s: float | None = None  # until the step ends
    face: Face | None = None  # the person who is followed


@dataclass(slots=True, kw_only=True)
class Check:
    """Runs the challenges one after another on the one person whom it follows, and goes on following them."""

    challenges: tuple[Challenge, ...]
    rng: np.random.Generator
    scorer: LiveScorer | None = None
    verdict: Verdict = Verdict.PENDING
    _follower: Follower = field(default_factory=Follower)
    _judges: list[HeadChallenge | LightChallenge] = field(default_factory=list)
    _current: int = 0
    _votes: list[float] = field(default_factory=list)
    _width: int = 0

    def __post_init__(self) -> None:
        if not self.challenges:
            raise ValueError("a check has at least one challenge")
        self._judges = [self._judge(challenge) for challenge in self.challenges]

    def _judge(self, challenge: Challenge) -> HeadChallenge | LightChallenge:
        match challenge:
            case Challenge.HEAD:
                return HeadChallenge(steps=draw_steps(self.rng))
            case Challenge.TURN:
                return HeadChallenge(steps=draw_turn(self.rng))
            case Challenge.LIGHT:
                return LightChallenge(colours=draw_colours(self.rng))

    @property
    def begun(self) -> bool:
        """The person has learned the first of what cannot be known before."""
        judge = self._judges[self._current]
        return self._current > 0 or (judge.number if isinstance(judge, HeadChallenge) else len(judge.shown)) > 0

    def see(self, frame: Frame, faces: Sequence[Face]) -> Standing:
        """Judge one frame with its faces, largest first. After a pass, whoever is lost has lost it."""
        glimpse = self._follower.see(self._scaled(frame, faces), frame.captured_at)
        if self.verdict is Verdict.PENDING:
            judge = self._judges[self._current]
            match judge:
                case HeadChallenge():
                    judge.see(glimpse, frame.pixels.shape[:2])
                case LightChallenge():
                    judge.see(glimpse, frame.pixels)
            self._vote(frame, glimpse.face)
            self._conclude(judge.verdict)
        elif self.verdict is Verdict.PASSED and (glimpse.lost or glimpse.displaced):
            self.verdict = Verdict.FAILED
        return self._standing(frame.captured_at, glimpse.face, glimpse.hint)

    def _scaled(self, frame: Frame, faces: Sequence[Face]) -> Sequence[Face]:
        """With boxes as in the first frame's size: pictures for enrolment may be larger."""
        width = frame.pixels.shape[1]
        self._width = self._width or width
        if width == self._width:
            return faces
        return [replace(face, box=face.box * np.float32(self._width / width)) for face in faces]

    def _vote(self, frame: Frame, face: Face | None) -> None:
        if self.scorer is None or face is None or len(self._votes) >= VOTES:
            return
        if face.quality.usable and abs(face.quality.yaw_deg) <= FRONTAL_DEG:
            self._votes.append(float(self.scorer.live_scores(frame.pixels, face.box[None])[0]))

    def _conclude(self, verdict: Verdict) -> None:
        if verdict is not Verdict.PASSED:
            self.verdict = verdict
        elif self._current + 1 < len(self._judges):
            self._current += 1
        elif self.scorer is not None and not (self._votes and np.median(self._votes) >= self.scorer.threshold):
            self.verdict = Verdict.FAILED
        else:
            self.verdict = Verdict.PASSED

    def _standing(self, at: datetime, face: Face | None, seen: str | None) -> Standing:
        judge, pending = self._judges[self._current], self.verdict is Verdict.PENDING
        done, of = self._steps()
        head = judge if pending and isinstance(judge, HeadChallenge) else None
        light = judge if pending and isinstance(judge, LightChallenge) else None
        return Standing(
            verdict=self.verdict,
            challenge=self.challenges[self._current],
            hint=judge.hint if pending else seen,
            pose=head.asked if head else None,
            colour=light.colour if light else None,
            number=done,
            of=of,
            left_s=head.left_s(at) if head else None,
            face=face,
        )

    def _steps(self) -> tuple[int, int]:
        lengths = [len(j.steps) if isinstance(j, HeadChallenge) else len(j.colours) for j in self._judges]
        judge = self._judges[self._current]
        done = judge.number if isinstance(judge, HeadChallenge) else len(judge.shown)
        return sum(lengths[: self._current]) + done, sum(lengths)


# ------ passes


@dataclass(slots=True, kw_only=True)
class Pass:
    """What a person who passed may do, once."""

    use: Guarded
    placement: str
    member_id: MemberId | None  # who was recognised in the person that passed; None for strangers
    expires_at: datetime
    pictures: set[bytes] = field(default_factory=set, repr=False)  # digests of those that the check saw


class Passes:
    """Held in memory: a restart ends them, and the person is asked again."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._open: dict[str, Pass] = {}

    def issue(self, *, use: Guarded, placement: str, member_id: MemberId | None = None) -> str:
        """An opaque key for the page."""
        now = self._clock.now()
        self._open = {key: one for key, one in self._open.items() if one.expires_at > now}
        while len(self._open) >= LIMIT:
            del self._open[next(iter(self._open))]
        key = secrets.token_urlsafe(24)
        self._open[key] = Pass(use=use, placement=placement, member_id=member_id, expires_at=now + LIFETIME)
        return key

    def add_picture(self, key: str, picture: bytes) -> bool:
        """Let a pass hold for a picture too; whether it does."""
        found = self._open.get(key)
        if found is None or len(found.pictures) >= LIMIT:
            return False
        found.pictures.add(_digest(picture))
        return True

    def revoke(self, key: str) -> None:
        """The person is not followed any more."""
        self._open.pop(key, None)

    def spend(
        self,
        key: str | None,
        *,
        use: Guarded,
        placement: str,
        member_id: MemberId | None = None,
        pictures: Sequence[bytes] = (),
    ) -> None:
        """Use a pass up; raises LivenessRequired, the same for every reason."""
        found = self._open.pop(key or "", None)
        good = (
            found is not None
            and found.expires_at > self._clock.now()
            and (found.use, found.placement) == (use, placement)
            and (member_id is None or found.member_id == member_id)
            and all(_digest(picture) in found.pictures for picture in pictures)
        )
        if not good:
            raise LivenessRequired(f"for {use.value}")


def _digest(picture: bytes) -> bytes:
    return hashlib.sha256(picture).digest()
