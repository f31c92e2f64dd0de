"""The screen-light challenge: the screen shows colours in random order, and the face that it lights must follow.

What a camera sees of skin is its own colour times the light on it. So the logarithms of red and blue against green
move with the light alone, whatever the skin and the exposure; subtracting those of the wall behind takes the camera's
white balance out. A printed picture answers as a whole, margin included; a screen that is held up gives its own light
and hardly answers; a recording answers to the colours of another day.

Colours change at most twice a second: one flash a second, where WCAG 2.3.1 allows three.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from visavis.perception.liveness.follow import Glimpse
from visavis.perception.liveness.verdict import Verdict
from visavis.types import Face

Colour = tuple[int, int, int]  # sRGB, 0 to 255

NEUTRAL: Colour = (190, 190, 190)
COLOURS: tuple[Colour, ...] = (  # none a saturated red (WCAG 2.3.1: share of red of 0.8 or more)
    (255, 115, 115),
    (60, 220, 60),
    (90, 100, 255),
    (235, 225, 60),
    (60, 220, 235),
    (240, 90, 240),
)
CHANGES = 8  # colours between two neutral phases
PHASE = timedelta(seconds=0.5)
READY_FRAMES = 3
WAIT_TIME = timedelta(seconds=30)
STILL_DEG = 25.0  # a head that turns shows other skin and other wall

LATENCIES_S = np.arange(0.0, 0.301, 0.05)  # from asking for a colour to a frame of it, as far as is searched
SETTLING_S = 0.08  # after a change, frames may show both colours
LEAST_PHASES = 7  # with at least one frame each
LEAST_CHANGE = 0.012  # of the logarithms, root mean square: less is noise or too much other light
LEAST_CORRELATION = 0.7
MOST_BACKGROUND = 0.6  # answer of what is beside the face, as a part of the face's answer


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sample:
    """The light on a face and beside it, in one frame."""

    at: datetime
    face: NDArray[np.float64]  # (2,): log red/green, log blue/green of linear light
    beside: NDArray[np.float64]  # (2,)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A colour, and when the screen was asked for it."""

    at: datetime
    colour: Colour


def draw_colours(rng: np.random.Generator) -> tuple[Colour, ...]:
    """Neutral, eight colours of which no two neighbours are equal, neutral."""
    drawn: list[int] = []
    while len(drawn) < CHANGES:
        colour = int(rng.integers(len(COLOURS)))
        if not drawn or colour != drawn[-1]:
            drawn.append(colour)
    return (NEUTRAL, *(COLOURS[colour] for colour in drawn), NEUTRAL)


@dataclass(slots=True, kw_only=True)
class LightChallenge:
    """One person before one screen, frame by frame."""

    colours: tuple[Colour, ...]
    verdict: Verdict = Verdict.PENDING
    hint: str | None = None
    shown: list[Shown] = field(default_factory=list)
    samples: list[Sample] = field(default_factory=list)
    _ready: int = 0
    _began: datetime | None = None

    @property
    def colour(self) -> Colour:
        """What the screen should show now."""
        return self.shown[-1].colour if self.shown else NEUTRAL

    @property
    def progress(self) -> float:
        """Share of the colours that were shown, in [0, 1]."""
        return len(self.shown) / len(self.colours)

    def see(self, glimpse: Glimpse, pixels: NDArray[np.uint8]) -> Verdict:
        """Judge one frame, uint8 RGB (H, W, 3)."""
        if self.verdict is not Verdict.PENDING:
            return self.verdict
        self._began = self._began or glimpse.at
        self.hint = glimpse.hint
        if not self.shown:
            self._wait(glimpse)
        elif glimpse.lost:
            self.verdict = Verdict.FAILED
        else:
            if glimpse.face is not None and abs(glimpse.face.quality.yaw_deg) <= STILL_DEG:
                self._take(glimpse.face, pixels, glimpse.at)
            self._go_on(glimpse.at)
        return self.verdict

    def _wait(self, glimpse: Glimpse) -> None:
        face = glimpse.face
        good = face is not None and face.quality.usable and not glimpse.jumped
        self._ready = self._ready + 1 if good else 0
        if self._ready >= READY_FRAMES:
            self.shown.append(Shown(at=glimpse.at, colour=self.colours[0]))
        elif glimpse.at - (self._began or glimpse.at) > WAIT_TIME:
            self.verdict = Verdict.UNDECIDED

    def _take(self, face: Face, pixels: NDArray[np.uint8], at: datetime) -> None:
        light = measure(pixels, face)
        if light is not None:
            self.samples.append(Sample(at=at, face=light[0], beside=light[1]))

    def _go_on(self, at: datetime) -> None:
        if at - self.shown[-1].at < PHASE:
            return
        if len(self.shown) < len(self.colours):
            self.shown.append(Shown(at=at, colour=self.colours[len(self.shown)]))
        else:
            self.verdict = judge(self.samples, self.shown)


# ------ what a frame says


_LINEAR = np.where(  # sRGB 0 to 255 -> linear light (IEC 61966-2-1)
    np.arange(256) <= 0.04045 * 255, np.arange(256) / 255 / 12.92, ((np.arange(256) / 255 + 0.055) / 1.055) ** 2.4
)
_DARK, _BRIGHT = 6, 250  # outside, a channel says nothing about the light
_LEAST_PIXELS = 40


def measure(pixels: NDArray[np.uint8], face: Face) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
    """Light on the face and beside it, (2,) each; None where too little of one is in the picture or well exposed."""
    left, top, right, bottom = (float(edge) for edge in face.box)
    width, height = right - left, bottom - top
    skin = _chroma([_cut(pixels, left + 0.25 * width, top + 0.3 * height, right - 0.25 * width, top + 0.8 * height)])
    upper, lower = top - 0.1 * height, top + 0.6 * height
    wall = [
        _cut(pixels, left - 0.5 * width, upper, left - 0.2 * width, lower),
        _cut(pixels, right + 0.2 * width, upper, right + 0.5 * width, lower),
    ]
    beside = _chroma(wall)
    return None if skin is None or beside is None else (skin, beside)


def _cut(pixels: NDArray[np.uint8], left: float, top: float, right: float, bottom: float) -> NDArray[np.uint8]:
    """Every second pixel of a part of the picture, as a list of colours (N, 3)."""
    rows = slice(max(0, int(top)), max(0, int(bottom)), 2)
    columns = slice(max(0, int(left)), max(0, int(right)), 2)
    return pixels[rows, columns].reshape(-1, 3)


def _chroma(parts: Sequence[NDArray[np.uint8]]) -> NDArray[np.float64] | None:
    colours = np.concatenate(parts)
    colours = colours[((colours >= _DARK) & (colours <= _BRIGHT)).all(axis=1)]
    if len(colours) < _LEAST_PIXELS:
        return None
    red, green, blue = np.log(_LINEAR[colours].mean(axis=0))
    return np.array([red - green, blue - green])


# ------ what all frames say


def judge(samples: Sequence[Sample], shown: Sequence[Shown]) -> Verdict:
    """Whether the face followed the colours.

    The best latency is searched for; at it, the mean of each phase is compared with what the colour should do.
    """
    tries = [_at(samples, shown, latency) for latency in LATENCIES_S]
    answers = [answer for answer in tries if answer is not None]
    if not answers:
        return Verdict.UNDECIDED
    best = max(answers, key=lambda answer: answer.correlation)
    if best.change < LEAST_CHANGE:
        return Verdict.UNDECIDED
    if best.correlation < LEAST_CORRELATION or best.background > MOST_BACKGROUND:
        return Verdict.FAILED
    return Verdict.PASSED


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """How a face followed, at one latency."""

    correlation: float  # of shown and measured chroma, both over all phases and both ratios
    change: float  # root mean square of the face's chroma about its mean
    background: float  # answer beside the face over answer on it


def _at(samples: Sequence[Sample], shown: Sequence[Shown], latency_s: float) -> Answer | None:
    if not samples or not shown:
        return None
    starts = np.array([(one.at - shown[0].at).total_seconds() for one in shown]) + latency_s
    times = np.array([(one.at - shown[0].at).total_seconds() for one in samples])
    phase = np.searchsorted(starts, times, side="right") - 1
    settled = (phase >= 0) & (times - starts[np.maximum(phase, 0)] >= SETTLING_S)
    seen = [n for n in range(len(shown)) if (settled & (phase == n)).any()]
    if len(seen) < min(LEAST_PHASES, len(shown)):
        return None
    face = np.stack([_middle(samples, settled & (phase == n), "face") for n in seen])  # (P, 2)
    beside = np.stack([_middle(samples, settled & (phase == n), "beside") for n in seen])
    wanted = _level(np.stack([_ratios(shown[n].colour) for n in seen]), np.array(seen))
    face, beside = _level(face, np.array(seen)), _level(beside, np.array(seen))
    own = face - beside
    scale = float((wanted * wanted).sum())
    on_face, next_to_it = float((face * wanted).sum()) / scale, float((beside * wanted).sum()) / scale
    return Answer(
        correlation=float((own * wanted).sum()) / max(float(np.linalg.norm(own) * np.linalg.norm(wanted)), 1e-12),
        change=float(np.sqrt((face * face).sum(axis=1).mean())),
        background=next_to_it / on_face if on_face > 0 else 1.0,
    )


def _middle(samples: Sequence[Sample], of_phase: NDArray[np.bool_], part: str) -> NDArray[np.float64]:
    return np.asarray(np.median([getattr(samples[int(n)], part) for n in np.flatnonzero(of_phase)], axis=0))


def _ratios(colour: Colour) -> NDArray[np.float64]:
    """Direction in which a colour moves log red/green and log blue/green when it is a small part of the light."""
    red, green, blue = _LINEAR[list(colour)]
    return np.array([red - green, blue - green])


def _level(values: NDArray[np.float64], number: NDArray[np.int64]) -> NDArray[np.float64]:
    """Without mean and slope over the phases: white balance drifts slowly."""
    line = np.stack([np.ones(len(number)), number - number.mean()], axis=1)
    fitted, *_ = np.linalg.lstsq(line, values, rcond=None)
    left: NDArray[np.float64] = values - line @ fitted
    return left
