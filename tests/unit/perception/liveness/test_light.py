"""The screen-light challenge: a face answers to the colours, a page answers as a whole, a screen hardly at all."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import numpy as np
import pytest

from visavis.perception.liveness.follow import Follower
from visavis.perception.liveness.light import (
    COLOURS,
    NEUTRAL,
    PHASE,
    Colour,
    LightChallenge,
    Sample,
    Shown,
    draw_colours,
    judge,
    measure,
)
from visavis.perception.liveness.verdict import Verdict
from visavis.types import Face, Quality

T0 = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
SKIN, WALL = np.array([0.42, 0.26, 0.19]), np.array([0.3, 0.3, 0.33])


def a_face(yaw_deg: float = 0.0) -> Face:
    """60 pixels wide in the middle of 120 x 160."""
    quality = Quality(eye_distance_px=30, sharpness=9.0, brightness=120.0, yaw_deg=yaw_deg)
    box = np.array([50, 30, 110, 90], np.float32)
    return Face(box=box, landmarks=np.zeros((5, 2), np.float32), confidence=0.99, quality=quality)


def linear(colour: Colour) -> np.ndarray:
    return (np.array(colour) / 255) ** 2.2


def picture(skin: np.ndarray, wall: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A face before a wall, both as linear light."""
    light = np.broadcast_to(wall, (120, 160, 3)).copy()
    light[25:100, 48:112] = skin
    level = 255 * np.clip(light, 0, 1) ** (1 / 2.2) + 2.5 * rng.standard_normal(light.shape)
    return np.clip(level, 0, 255).astype(np.uint8)


Answering = Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]  # the screen's light -> light of face and wall


def live(glow: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return SKIN * (0.7 + 0.2 * glow), WALL * (0.7 + 0.02 * glow)


def page(glow: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return SKIN * (0.7 + 0.2 * glow), np.array([0.6, 0.6, 0.6]) * (0.7 + 0.2 * glow)


def held_up_screen(glow: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return SKIN * 0.8 + 0.005 * glow, WALL * (0.7 + 0.02 * glow)


def in_the_sun(glow: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return SKIN * (1.5 + 0.005 * glow), WALL * (1.5 + 0.001 * glow)


def challenged(answer: Answering, *, seed: int = 0, latency_s: float = 0.15, fps: float = 8.0) -> Verdict:
    """Run a whole challenge; the colour reaches the picture after the latency."""
    rng = np.random.default_rng(seed)
    challenge, follower = LightChallenge(colours=draw_colours(rng)), Follower()
    asked: list[tuple[float, Colour]] = [(0.0, NEUTRAL)]
    for n in range(round(20 * fps)):
        now = n / fps
        seen = [colour for since, colour in asked if since <= now - latency_s] or [NEUTRAL]
        at = T0 + timedelta(seconds=now)
        verdict = challenge.see(follower.see([a_face()], at), picture(*answer(linear(seen[-1])), rng))
        if challenge.colour != asked[-1][1]:
            asked.append((now, challenge.colour))
        if verdict is not Verdict.PENDING:
            return verdict
    return Verdict.PENDING


@pytest.mark.parametrize("latency_s", [0.0, 0.15, 0.3])
@pytest.mark.parametrize("seed", range(4))
def test_a_face_in_the_screens_light_passes(seed: int, latency_s: float) -> None:
    """Whatever the order, and whenever within 0.3 s the light arrives."""
    assert challenged(live, seed=seed, latency_s=latency_s) is Verdict.PASSED


@pytest.mark.parametrize("seed", range(6))
def test_a_page_answers_as_a_whole_and_fails(seed: int) -> None:
    """What is beside the face on the paper is lit as the face is."""
    assert challenged(page, seed=seed) is Verdict.FAILED


@pytest.mark.parametrize("seed", range(6))
def test_a_screen_that_is_held_up_does_not_pass(seed: int) -> None:
    """Its own light hides that of the kiosk."""
    assert challenged(held_up_screen, seed=seed) is not Verdict.PASSED


def test_strong_light_in_the_room_leaves_it_undecided() -> None:
    """Neither passed nor failed: another way is offered."""
    assert challenged(in_the_sun) is Verdict.UNDECIDED


def test_a_recording_of_another_order_fails() -> None:
    """20 recordings, each lit by another day's colours: none passes."""
    verdicts = []
    for seed in range(20):
        rng = np.random.default_rng(100 + seed)
        other = draw_colours(rng)
        days = [linear(colour) for colour in other for _ in range(4)]
        frames = iter([*days[:1] * 3, *days * 3])
        verdicts.append(challenged(lambda _glow, f=frames: live(next(f)), seed=seed))
    assert Verdict.PASSED not in verdicts
    assert verdicts.count(Verdict.FAILED) >= 18


@pytest.mark.parametrize("fps", [1.5, 3.0, 25.0])
def test_colours_wait_for_the_camera(fps: float) -> None:
    """A slow machine takes longer, and judges as well."""
    assert challenged(live, fps=fps) is Verdict.PASSED


def test_colours_change_at_most_twice_a_second() -> None:
    """WCAG 2.3.1: at most three flashes a second; a flash is two changes."""
    rng = np.random.default_rng(0)
    challenge, follower = LightChallenge(colours=draw_colours(rng)), Follower()
    for n in range(300):
        at = T0 + timedelta(seconds=n / 30)
        challenge.see(follower.see([a_face()], at), picture(*live(linear(challenge.colour)), rng))
    gaps = [after.at - before.at for before, after in pairwise(challenge.shown)]
    assert len(gaps) == 9
    assert min(gaps) >= PHASE >= timedelta(seconds=0.4)


def test_no_colour_is_a_saturated_red() -> None:
    """WCAG 2.3.1 counts red from a share of 0.8 on."""
    assert len(COLOURS) == 6
    assert all(linear(colour)[0] / linear(colour).sum() < 0.8 for colour in (*COLOURS, NEUTRAL))


def test_orders_differ() -> None:
    """Neighbours never equal; a hundred draws hardly repeat."""
    rng = np.random.default_rng(3)
    drawn = [draw_colours(rng) for _ in range(100)]
    assert len(set(drawn)) == 100
    for colours in drawn:
        assert len(colours) == 10
        assert colours[0] == colours[-1] == NEUTRAL
        assert all(one != other for one, other in pairwise(colours))


def test_measured_ratios_are_those_of_the_light() -> None:
    """Skin (0.4, 0.2, 0.1) has log ratios log 2 and log 0.5 whatever the exposure; the grey wall has none."""
    for exposure in (0.5, 1.0, 1.5):
        rng = np.random.default_rng(0)
        pixels = picture(exposure * np.array([0.4, 0.2, 0.1]), exposure * np.array([0.3, 0.3, 0.3]), rng)
        skin, wall = measure(pixels, a_face())
        assert skin == pytest.approx([np.log(2), -np.log(2)], abs=0.06)  # the eye's 2.2 is not quite sRGB
        assert wall == pytest.approx([0, 0], abs=0.03)


def test_a_face_that_fills_the_picture_cannot_be_measured() -> None:
    """There is no wall beside it to compare with."""
    face = Face(
        box=np.array([0, 0, 160, 120], np.float32),
        landmarks=np.zeros((5, 2), np.float32),
        confidence=0.9,
        quality=a_face().quality,
    )
    assert measure(np.full((120, 160, 3), 128, np.uint8), face) is None


def test_nothing_measured_is_undecided() -> None:
    """No frame, no judgement."""
    assert judge([], [Shown(at=T0, colour=NEUTRAL)]) is Verdict.UNDECIDED
    assert judge([Sample(at=T0, face=np.zeros(2), beside=np.zeros(2))], []) is Verdict.UNDECIDED
