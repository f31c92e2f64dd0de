"""A check runs its challenges in order on one person; a pass is good once, and only for what it was given for."""

from datetime import timedelta

import numpy as np
import pytest

from visavis.errors import LivenessRequired
from visavis.perception.liveness.head import Pose
from visavis.perception.liveness.verdict import Verdict
from visavis.pipeline.liveness import LIFETIME, Challenge, Check, Passes, Standing, asked
from visavis.testing.builders import T0, a_frame
from visavis.testing.clock import FixedClock
from visavis.types import Face, Guarded, Liveness, MemberId, Quality

PEAK = {Pose.STRAIGHT: (0.0, 1.0), Pose.LEFT: (25.0, 1.0), Pose.RIGHT: (-25.0, 1.0), Pose.CLOSER: (0.0, 1.3)}


class Scorer:
    """A model that gives every face the same score."""

    threshold = 0.5

    def __init__(self, score: float) -> None:
        self.score = score
        self.asked = 0

    def live_scores(self, pixels: np.ndarray, boxes: np.ndarray) -> np.ndarray:
        self.asked += len(boxes)
        return np.full(len(boxes), self.score, np.float32)


class Visit:
    """A person who does what the check asks, at eight frames a second, in the light of the screen."""

    def __init__(self, *challenges: Challenge, score: float | None = None, answers_light: bool = True) -> None:
        self.scorer = None if score is None else Scorer(score)
        self.check = Check(challenges=challenges, rng=np.random.default_rng(5), scorer=self.scorer)
        self.frames = 0
        self.posture = np.array([0.0, 1.0])
        self.answers_light = answers_light
        self.standing: Standing | None = None

    def look(self, *, middle: float = 80) -> Standing:
        yaw, nearness = self.posture
        half = 25 * nearness
        box = np.array([middle - half, 60 - half, middle + half, 60 + half], np.float32)
        quality = Quality(eye_distance_px=25 * nearness, sharpness=9.0, brightness=120.0, yaw_deg=float(yaw))
        face = Face(box=box, landmarks=np.zeros((5, 2), np.float32), confidence=0.9, quality=quality)
        colour = self.standing.colour if self.standing and self.standing.colour else (190, 190, 190)
        glow = 0.25 * (np.array(colour) / 255) ** 2.2 * self.answers_light
        pixels = np.full((120, 160, 3), 110, np.uint8)
        pixels[20:100, int(middle) - 30 : int(middle) + 30] = 255 * (0.2 * (0.7 + glow)) ** (1 / 2.2)
        self.frames += 1
        frame = a_frame(pixels=pixels, captured_at=T0 + timedelta(seconds=0.125 * self.frames))
        self.standing = self.check.see(frame, [face])
        return self.standing

    def follow(self, limit: int = 400) -> Verdict:
        while self.check.verdict is Verdict.PENDING and self.frames < limit:
            wanted = np.array(PEAK[(self.standing and self.standing.pose) or Pose.STRAIGHT])
            self.posture = self.posture + np.clip(wanted - self.posture, [-8, -0.06], [8, 0.06])
            self.look()
        return self.check.verdict


STEPS = {Challenge.HEAD: 6, Challenge.TURN: 3, Challenge.LIGHT: 10}


@pytest.mark.parametrize(
    "challenges", [(Challenge.HEAD,), (Challenge.TURN, Challenge.LIGHT), (Challenge.HEAD, Challenge.LIGHT)]
)
def test_who_follows_passes(challenges: tuple[Challenge, ...]) -> None:
    """One challenge, or both one after the other."""
    visit = Visit(*challenges)
    assert visit.follow() is Verdict.PASSED
    assert visit.standing is not None
    assert visit.standing.number == visit.standing.of == sum(STEPS[challenge] for challenge in challenges)


def test_both_need_both() -> None:
    """A head that moves, but is not lit by the screen, does not pass."""
    assert Visit(Challenge.HEAD, Challenge.LIGHT, answers_light=False).follow() is Verdict.UNDECIDED


def test_the_models_vote_counts() -> None:
    """All steps done, but every picture looks like a picture: failed. The model is asked a few times only."""
    assert Visit(Challenge.HEAD, score=0.9).follow() is Verdict.PASSED
    doubted = Visit(Challenge.HEAD, score=0.1)
    assert doubted.follow() is Verdict.FAILED
    assert doubted.scorer is not None
    assert doubted.scorer.asked == 7


def test_a_pass_is_lost_with_the_person() -> None:
    """Whoever stands elsewhere from one frame to the next is somebody else."""
    visit = Visit(Challenge.HEAD)
    visit.follow()
    assert visit.look().verdict is Verdict.PASSED
    assert visit.look(middle=130).verdict is Verdict.FAILED
    assert visit.look().verdict is Verdict.FAILED


def test_a_larger_picture_of_the_same_person_keeps_the_pass() -> None:
    """The camera's full size for enrolment: the box is twice as far from the corner, and it is the same person."""
    visit = Visit(Challenge.HEAD)
    visit.follow()
    box = np.array([110, 70, 210, 170], np.float32)  # 25 pixels about (80, 60), doubled
    quality = Quality(eye_distance_px=50, sharpness=9.0, brightness=120.0, yaw_deg=0.0)
    face = Face(box=box, landmarks=np.zeros((5, 2), np.float32), confidence=0.9, quality=quality)
    at = T0 + timedelta(seconds=0.125 * (visit.frames + 1))
    large = a_frame(pixels=np.full((240, 320, 3), 110, np.uint8), captured_at=at)
    assert visit.check.see(large, [face]).verdict is Verdict.PASSED


def test_a_page_learns_what_to_ask_and_nothing_more() -> None:
    """No score, no cause, no step that comes later."""
    visit = Visit(Challenge.HEAD)
    first = visit.look()
    assert (first.pose, first.colour, first.number, first.of) == (Pose.STRAIGHT, None, 0, 6)
    assert {"verdict", "challenge", "hint", "pose", "colour", "number", "of", "left_s", "face"} == set(
        Standing.__dataclass_fields__
    )


def test_the_same_seed_asks_the_same() -> None:
    """The generator is an argument."""
    assert [Visit(Challenge.HEAD).check._judges[0].steps for _ in range(2)] == [
        Visit(Challenge.HEAD).check._judges[0].steps
    ] * 2


@pytest.mark.parametrize(
    ("level", "wish", "may_flash", "challenges"),
    [
        (Liveness.OFF, Challenge.HEAD, True, ()),
        (Liveness.ACTIVE, Challenge.LIGHT, True, (Challenge.HEAD,)),
        (Liveness.EITHER, Challenge.LIGHT, True, (Challenge.TURN, Challenge.LIGHT)),
        (Liveness.EITHER, Challenge.LIGHT, False, (Challenge.HEAD,)),
        (Liveness.EITHER, Challenge.HEAD, True, (Challenge.HEAD,)),
        (Liveness.BOTH, Challenge.HEAD, True, (Challenge.HEAD, Challenge.LIGHT)),
    ],
)
def test_levels(level: Liveness, wish: Challenge, may_flash: bool, challenges: tuple[Challenge, ...]) -> None:
    """What the scenario says comes first; then whether light may change; then the wish."""
    assert asked(level, wish, may_flash=may_flash) == challenges


def test_less_motion_is_never_less_safety() -> None:
    """Where both are asked, a person who cannot take changing light goes to card, PIN or staff."""
    with pytest.raises(LivenessRequired):
        asked(Liveness.BOTH, Challenge.HEAD, may_flash=False)


# ------ passes


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(T0)


@pytest.fixture
def passes(clock: FixedClock) -> Passes:
    return Passes(clock)


def test_a_pass_is_good_once(passes: Passes) -> None:
    """Then it is gone."""
    key = passes.issue(use=Guarded.ENROLMENT, placement="entrance")
    passes.spend(key, use=Guarded.ENROLMENT, placement="entrance")
    with pytest.raises(LivenessRequired):
        passes.spend(key, use=Guarded.ENROLMENT, placement="entrance")


@pytest.mark.parametrize(
    "wrong",
    [
        {"use": Guarded.REWARDS},
        {"placement": "aisle-1"},
        {"member_id": MemberId("another")},
        {"pictures": [b"seen", b"never seen"]},
    ],
)
def test_a_pass_for_something_else_is_none(passes: Passes, wrong: dict[str, object]) -> None:
    """Use, placement, member and pictures must be those of the check; a wrong try uses it up."""
    right = {
        "use": Guarded.ENROLMENT,
        "placement": "entrance",
        "member_id": MemberId("member-1"),
        "pictures": [b"seen"],
    }
    key = passes.issue(use=Guarded.ENROLMENT, placement="entrance", member_id=MemberId("member-1"))
    assert passes.add_picture(key, b"seen")
    with pytest.raises(LivenessRequired):
        passes.spend(key, **(right | wrong))
    with pytest.raises(LivenessRequired):
        passes.spend(key, **right)


@pytest.mark.parametrize("key", [None, "", "guessed"])
def test_no_pass_is_refused(passes: Passes, key: str | None) -> None:
    """Whatever is given in its place."""
    with pytest.raises(LivenessRequired):
        passes.spend(key, use=Guarded.ENROLMENT, placement="entrance")


def test_a_pass_ends(passes: Passes, clock: FixedClock) -> None:
    """After two minutes, or when the person was lost."""
    late, lost = (passes.issue(use=Guarded.ENROLMENT, placement="entrance") for _ in range(2))
    passes.revoke(lost)
    assert not passes.add_picture(lost, b"seen")
    with pytest.raises(LivenessRequired):
        passes.spend(lost, use=Guarded.ENROLMENT, placement="entrance")
    clock.advance(LIFETIME.total_seconds())
    with pytest.raises(LivenessRequired):
        passes.spend(late, use=Guarded.ENROLMENT, placement="entrance")


def test_passes_are_bounded(passes: Passes) -> None:
    """The oldest goes when too many wait."""
    keys = [passes.issue(use=Guarded.ENROLMENT, placement="entrance") for _ in range(1_001)]
    with pytest.raises(LivenessRequired):
        passes.spend(keys[0], use=Guarded.ENROLMENT, placement="entrance")
    passes.spend(keys[-1], use=Guarded.ENROLMENT, placement="entrance")
