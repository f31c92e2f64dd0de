"""One camera, one thread, one picture: only the newest frame waits to be looked at.

Where a machine is slower than its cameras, frames are overwritten before they are looked at, never queued: what is
looked at is always fresh. A frame is decoded when its codec or its turn asks for it, and becomes RGB only when taken.
"""

import math
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from visavis.errors import CameraUnavailable
from visavis.perception.address import CameraAddress, Kind
from visavis.perception.container import FAILURES, Trouble, opened, trouble_of, unavailable
from visavis.perception.video import MAX_PIXELS
from visavis.ports import Clock
from visavis.types import Frame

_EARLY = timedelta(milliseconds=1)  # containers round times to milliseconds
_SLIPPED = timedelta(seconds=1)  # a film that is decoded slower than it plays is played slower
_STILL = timedelta(seconds=10)  # nor is a film waited for longer, whatever its times or the clock say
_FIRST_WAIT_S, _LONGEST_WAIT_S = 0.5, 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How much of a camera is looked at."""

    max_fps: float = 5.0  # frames that come faster are left out
    every: int = 1  # of the camera's pictures only every k-th is looked at
    loop: bool = False  # a file begins again at its end
    stall_s: float = 8.0  # without a picture for so long, the connection is made anew

    def __post_init__(self) -> None:
        if not (0.1 <= self.max_fps <= 60 and 1 <= self.every <= 100 and 0.1 <= self.stall_s <= 120):
            raise ValueError("max_fps must be in [0.1, 60], every in [1, 100], stall_s in [0.1, 120]")


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamState:
    """How a stream is doing."""

    connected: bool = False
    offered: int = 0  # pictures that were wanted
    dropped: int = 0  # of these, overwritten by a newer one before they were taken
    damaged: int = 0  # packets and pictures that could not be decoded
    reconnects: int = 0  # attempts after the first
    trouble: Trouble | None = None  # the last one; stays readable after the camera is back


@dataclass(frozen=True, slots=True)
class _Shot:
    """A picture that waits: decoded, or, where each stands alone, as it came."""

    content: Any  # av.VideoFrame, or bytes of one JPEG
    captured_at: datetime


class Stream:
    """Reads one address in a thread of its own until it is stopped; connects again with exponential back-off."""

    def __init__(
        self,
        *,
        name: str,
        address: CameraAddress,
        pace: Pace,
        clock: Clock,
        rng: np.random.Generator,
        on_frame: Callable[[], None] = lambda: None,
    ) -> None:
        """Nothing is opened before `start`.

        Args:
            name: of the camera, for `Frame.source`.
            address: where it is.
            pace: how much of it is wanted.
            clock: stamps each live frame as it arrives; a file's frames follow its own times from the start.
            rng: of this stream alone, for the jitter of the back-off.
            on_frame: called from the reader's thread when a frame waits, or the connection changed.
        """
        self.name, self.address, self.pace = name, address, pace
        self._clock, self._rng, self._on_frame = clock, rng, on_frame
        self._lock = threading.Lock()
        self._state = StreamState()
        self._waiting: _Shot | None = None
        self._newest: _Shot | None = None
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"camera {name}", daemon=True)

    # ------ for whoever looks

    def start(self) -> None:
        """Begin to read."""
        self._thread.start()

    def stop(self) -> None:
        """Ask the thread to end; it does within `Pace.stall_s` at the latest."""
        self._stopped.set()

    def join(self, timeout_s: float | None = None) -> bool:
        """Wait until the thread has ended; whether it has."""
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    @property
    def state(self) -> StreamState:
        """As of now."""
        with self._lock:
            return self._state

    @property
    def ready(self) -> bool:
        """Whether a frame waits."""
        return self._waiting is not None

    def take(self) -> Frame | None:
        """The newest frame that nobody took yet; None when there is none, or it cannot be decoded."""
        with self._lock:
            shot, self._waiting = self._waiting, None
        return None if shot is None else self._frame(shot)

    def newest(self) -> Frame | None:
        """The newest frame, taken or not."""
        with self._lock:
            shot = self._newest
        return None if shot is None else self._frame(shot)

    def _frame(self, shot: _Shot) -> Frame | None:
        try:
            picture = _jpeg(shot.content) if isinstance(shot.content, bytes) else shot.content
            pixels = None if picture is None else _upright(picture)
        except FAILURES:
            pixels = None
        if pixels is None:
            self._count(damaged=1)
            return None
        return Frame(pixels=pixels, source=self.name, captured_at=shot.captured_at)

    # ------ the reader's thread

    def _run(self) -> None:
        failures = 0
        while not self._stopped.is_set():
            before = self.state.offered
            trouble = self._connection()
            failures = 0 if self.state.offered > before else failures + 1
            again = trouble is Trouble.ENDED and self.pace.loop and not failures  # a repeated film has not failed
            self._set(connected=again, trouble=None if again else trouble)
            if trouble is Trouble.ENDED and not self.pace.loop:
                return
            if not self._stopped.wait(0.0 if again else backoff_s(failures, self._rng)):
                self._count(reconnects=not again)

    def _connection(self) -> Trouble | None:
        """From connecting to losing it; None when it was asked to stop."""
        try:
            with opened(self.address, stall_s=self.pace.stall_s, clock=self._clock) as container:
                self._read(container)
        except CameraUnavailable as lost:
            return Trouble(lost.detail)
        except FAILURES as failure:
            return Trouble.STALLED if trouble_of(failure) is Trouble.STALLED else Trouble.LOST
        except Exception:  # noqa: BLE001 - what a broken file makes of times and sizes must not end the reader
            return Trouble.LOST
        if self._stopped.is_set():
            return None
        return Trouble.ENDED if self.address.kind is Kind.FILE else Trouble.LOST

    def _read(self, container: Any) -> None:
        stream = container.streams.video[0]
        gate, decoder = _Gate(self.pace), _Decoder(stream.codec_context, self.pace)
        film = _FilmTimes(stream, self._clock.now()) if self.address.kind is Kind.FILE else None
        good_at = self._clock.now()
        for packet in container.demux(stream):
            at = self._clock.now() if film is None else self._wait_for(film, packet)
            if self._stopped.is_set():
                return
            pictures = self._decoded(decoder, packet, soon=gate.open(at))
            if pictures:
                good_at = at
            elif (at - good_at).total_seconds() > self.pace.stall_s and film is None:
                raise unavailable(Trouble.STALLED)
            for picture in pictures:
                if gate.passes(at):
                    self._offer(_Shot(bytes(picture) if decoder.lazy else picture, at))

    def _wait_for(self, film: "_FilmTimes", packet: Any) -> datetime:
        """A film's packets come when a camera would have sent them."""
        at = film.due(packet, self._clock.now())
        self._stopped.wait((at - self._clock.now()).total_seconds())
        return at

    def _decoded(self, decoder: "_Decoder", packet: Any, *, soon: bool) -> list[Any]:
        try:
            return decoder.feed(packet, soon=soon)
        except FAILURES:
            self._count(damaged=1)
            return []

    def _offer(self, shot: _Shot) -> None:
        with self._lock:
            dropped = self._waiting is not None
            self._waiting = self._newest = shot
            self._state = replace(
                self._state, offered=self._state.offered + 1, dropped=self._state.dropped + dropped, connected=True
            )
        self._on_frame()

    def _count(self, **more: int) -> None:
        with self._lock:
            self._state = replace(self._state, **{name: getattr(self._state, name) + n for name, n in more.items()})

    def _set(self, **values: Any) -> None:
        with self._lock:
            before = self._state
            self._state = replace(before, **{name: value for name, value in values.items() if value is not None})
            changed = before.connected != self._state.connected
        if changed:
            self._on_frame()


def backoff_s(failures: int, rng: np.random.Generator) -> float:
    """Seconds to wait after so many failures in a row: 0.5, 1, 2, ... 30, each shortened by up to a half.

    The jitter keeps cameras that were lost together from coming back together.
    """
    longest = min(_LONGEST_WAIT_S, _FIRST_WAIT_S * 2.0 ** min(max(failures - 1, 0), 16))
    return float(longest * (1 - rng.random() / 2))


class _Gate:
    """Lets so many pictures a second through."""

    def __init__(self, pace: Pace) -> None:
        self._every, self._gap = pace.every, timedelta(seconds=1 / pace.max_fps)
        self._count = 0
        self._due: datetime | None = None

    def open(self, at: datetime) -> bool:
        """Whether a picture of this time may pass."""
        return self._every > 1 or at >= self._next(at) - _EARLY

    def passes(self, at: datetime) -> bool:
        """Count a picture; whether it is one that is wanted."""
        due = self._next(at)
        chosen = self._count % self._every == 0 and at >= due - _EARLY
        self._count += 1
        if chosen:
            self._due = max(due, at - self._gap) + self._gap
        return chosen

    def _next(self, at: datetime) -> datetime:
        """When the next picture is due; now, at the beginning and when the clock was set back."""
        return at if self._due is None or self._due - at > 2 * self._gap else self._due


class _Decoder:
    """Turns packets into pictures, and leaves out what its codec lets it leave out."""

    def __init__(self, context: Any, pace: Pace) -> None:
        self._context, self._gap_s = context, 1 / pace.max_fps
        self.lazy = context.name == "mjpeg"  # each picture stands alone: only those that are taken are decoded
        self._keys_do = False  # key frames come often enough; what lies between them is not needed
        self._key_s = math.nan

    def feed(self, packet: Any, *, soon: bool) -> list[Any]:
        """Pictures that are whole; raises one of `FAILURES` when there is damage.

        Args:
            packet: the next; an empty one asks for what still waits in the decoder.
            soon: a picture is wanted now, so also those that no other needs are decoded.
        """
        if packet.is_corrupt:
            raise av.error.InvalidDataError(0, "incomplete packet")
        if self.lazy:
            return [packet] if packet.size else []
        if packet.size and self._needless(packet, soon=soon):
            return []
        self._context.skip_frame = "DEFAULT" if soon else "NONREF"
        return [picture for picture in self._context.decode(packet) if not picture.is_corrupt]

    def _needless(self, packet: Any, *, soon: bool) -> bool:
        if packet.is_keyframe:
            at_s = math.nan if packet.dts is None else float(packet.dts * packet.time_base)
            self._keys_do = 0 < at_s - self._key_s <= self._gap_s  # never where a time is not known
            self._key_s = at_s
        return self._keys_do and not (packet.is_keyframe and soon)


class _FilmTimes:
    """When a camera would have sent each packet of a file."""

    def __init__(self, stream: Any, begins_at: datetime) -> None:
        self._begins_at: datetime = begins_at
        self._first_s: float | None = None
        self._gap_s, self._last_s = 1 / float(stream.guessed_rate or 25), 0.0

    def due(self, packet: Any, now: datetime) -> datetime:
        """By the file's own times; by its rate where it has none."""
        at_s = self._last_s + self._gap_s if packet.dts is None else float(packet.dts * packet.time_base)
        self._first_s = at_s if self._first_s is None else self._first_s
        self._last_s = at_s
        at = self._begins_at + timedelta(seconds=at_s - self._first_s)
        if not -_STILL < now - at < _SLIPPED:
            self._begins_at += now - at
            return now
        return at


def _jpeg(content: bytes) -> Any:
    context = av.CodecContext.create("mjpeg", "r")
    context.options = {"max_pixels": str(MAX_PIXELS)}
    pictures = context.decode(av.Packet(content))
    return pictures[0] if pictures and not pictures[0].is_corrupt else None


def _upright(picture: Any) -> NDArray[np.uint8]:
    pixels: NDArray[np.uint8] = picture.to_ndarray(format="rgb24")
    return np.ascontiguousarray(np.rot90(pixels, k=picture.rotation // 90))
