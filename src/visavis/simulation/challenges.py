"""The challenges against drawn people and drawn instruments: what the judges can do where nothing else disturbs.

Drawn presentations are kinder than real ones: their light, their motion and their noise are those that the drawing
knows. They tell whether a challenge answers an instrument at all, not how often it will at a door.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from visavis.perception.decode import decode_image
from visavis.perception.liveness.follow import Follower
from visavis.perception.liveness.head import HeadChallenge, Pose, draw_steps
from visavis.perception.liveness.light import NEUTRAL, Colour, LightChallenge, draw_colours
from visavis.perception.liveness.verdict import Verdict
from visavis.perception.observe import Observer
from visavis.simulation.liveness import Instrument, Lighting, Posture, Sitter, render
from visavis.simulation.walk_by import Portrait
from visavis.types import Frame

FPS = 8.0
LATENCY_S = 0.15  # from asking for a colour to a frame of it
TURN_DEG, CLOSER = 38.0, 1.33
STEP_DEG, STEP_NEAR = 8.0, 0.05  # from frame to frame
POSTURES = {
    Pose.STRAIGHT: (0.0, 1.0),
    Pose.LEFT: (TURN_DEG, 1.0),
    Pose.RIGHT: (-TURN_DEG, 1.0),
    Pose.CLOSER: (0.0, CLOSER),
}
LONGEST_S = 70.0

Progress = Callable[[str, float], None]


def draw_challenges(
    rounds: int, observer: Observer, *, rng: np.random.Generator, now: datetime, progress: Progress
) -> dict[str, dict[str, list[Verdict]]]:
    """Run both challenges so many times with each instrument and with live people; verdicts by challenge, instrument.

    Args:
        rounds: presentations of each instrument and challenge.
        observer: finds the faces.
        rng: of orders, people, light and noise.
        now: when it begins.
        progress: told of the share done.
    """
    sitters = [sitter_of(portrait, observer, now) for portrait in Portrait]
    found: dict[str, dict[str, list[Verdict]]] = {"head": {}, "light": {}}
    jobs = [(challenge, instrument) for challenge in found for instrument in Instrument for _ in range(rounds)]
    for number, (challenge, instrument) in enumerate(jobs):
        visitor = Visitor(
            sitter=sitters[number % len(sitters)], instrument=instrument, lighting=_some_light(rng), rng=rng
        )
        run = run_head if challenge == "head" else run_light
        verdict = run(visitor, observer, began=now)
        found[challenge].setdefault(instrument.value, []).append(verdict)
        progress("drawing challenges", (number + 1) / len(jobs))
    return found


def sitter_of(portrait: Portrait, observer: Observer, now: datetime) -> Sitter:
    """One of the example people."""
    pixels = decode_image(portrait.photo())
    face = observer.observe(Frame(pixels=pixels, source="portrait", captured_at=now))[0]
    return Sitter(pixels=pixels, eyes=face.landmarks[:2])


@dataclass(slots=True, kw_only=True)
class Visitor:
    """Who, or what, stands there and does what they can."""

    sitter: Sitter
    instrument: Instrument
    lighting: Lighting
    rng: np.random.Generator
    yaw_deg: float = 0.0
    nearness: float = 1.0

    def show(self, asked: Pose, at_s: float, screen: Colour) -> NDArray[np.uint8]:
        """The next frame, uint8 RGB."""
        goal = POSTURES[Pose.STRAIGHT if self.instrument is Instrument.STILL else asked]
        if self.instrument is Instrument.EXCHANGED:
            self.yaw_deg, self.nearness = goal
        else:
            self.yaw_deg += float(np.clip(goal[0] - self.yaw_deg, -STEP_DEG, STEP_DEG))
            self.nearness += float(np.clip(goal[1] - self.nearness, -STEP_NEAR, STEP_NEAR))
        sway = (3 * np.sin(1.1 * at_s), 2 * np.cos(1.4 * at_s))
        posture = Posture(yaw_deg=self.yaw_deg, nearness=self.nearness, shift_px=sway)
        return render(
            self.sitter,
            posture,
            instrument=self.instrument,
            lighting=self.lighting,
            screen=screen,
            rng=self.rng,
        )


def run_head(visitor: Visitor, observer: Observer, *, began: datetime) -> Verdict:
    """The head challenge; a replay shows a recording of another order."""
    challenge, follower = HeadChallenge(steps=draw_steps(visitor.rng)), Follower()
    recorded = draw_steps(visitor.rng)
    for number in range(round(LONGEST_S * FPS)):
        at_s = number / FPS
        replayed = recorded[int(at_s / 2.0) % len(recorded)]
        asked = replayed if visitor.instrument is Instrument.REPLAY else challenge.asked
        pixels = visitor.show(asked, at_s, NEUTRAL)
        frame = Frame(pixels=pixels, source="drawn", captured_at=began + timedelta(seconds=at_s))
        verdict = challenge.see(follower.see(observer.observe(frame), frame.captured_at), (480, 640))
        if verdict is not Verdict.PENDING:
            return verdict
    return Verdict.FAILED


def run_light(visitor: Visitor, observer: Observer, *, began: datetime) -> Verdict:
    """The light challenge; what is asked for reaches the frames after a while."""
    challenge, follower = LightChallenge(colours=draw_colours(visitor.rng)), Follower()
    asked: list[tuple[float, Colour]] = [(0.0, NEUTRAL)]
    for number in range(round(LONGEST_S * FPS)):
        at_s = number / FPS
        pixels = visitor.show(Pose.STRAIGHT, at_s, _seen(asked, at_s))
        frame = Frame(pixels=pixels, source="drawn", captured_at=began + timedelta(seconds=at_s))
        verdict = challenge.see(follower.see(observer.observe(frame), frame.captured_at), pixels)
        if verdict is not Verdict.PENDING:
            return verdict
        if challenge.colour != asked[-1][1]:
            asked.append((at_s, challenge.colour))
    return Verdict.FAILED


def _seen(asked: Sequence[tuple[float, Colour]], at_s: float) -> Colour:
    return next((colour for since, colour in reversed(asked) if since <= at_s - LATENCY_S), NEUTRAL)


def _some_light(rng: np.random.Generator) -> Lighting:
    """A room between dusk and a bright shop, not quite white, and a screen that lights a face by 5 to 25 %."""
    grey = float(rng.uniform(0.4, 0.9))
    warm = float(rng.uniform(-0.08, 0.08))
    ambient = (grey * (1 + warm), grey, grey * (1 - warm))
    return Lighting(ambient=ambient, screen=float(rng.uniform(0.05, 0.25)))
