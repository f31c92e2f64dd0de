"""Several cameras over one edge: each gets its turn, and only its newest frame is looked at."""

import asyncio
import re
import time
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count

import numpy as np

from visavis.errors import CameraRefused, CameraUnavailable, CameraUnknown, PlacementUnknown, VisavisError
from visavis.perception.address import CameraAddress, camera_address
from visavis.perception.stream import Pace, Stream
from visavis.pipeline.camera import Camera, Seen
from visavis.pipeline.edge import Edge
from visavis.ports import Clock
from visavis.types import Frame

MAX_CAMERAS = 64
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")
_LATE = timedelta(seconds=1)
_RATE_OVER = timedelta(seconds=10)
_AFTER_FAILURE_S = 1.0
_END_WITHIN_S = 2.0

See = Callable[[Camera, Frame], Awaitable[Seen]]


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraSpec:
    """A camera, where it is, and the placement whose screen it serves."""

    name: str  # a lower-case letter or digit, then up to 31 of those and hyphens
    address: CameraAddress
    placement: str
    pace: Pace = field(default_factory=Pace)

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise CameraRefused("a name has 1 to 32 lower-case letters, digits and hyphens")


def camera_spec(text: str, pace: Pace) -> CameraSpec:
    """NAME=ADDRESS@PLACEMENT; raises CameraRefused, which does not repeat the address."""
    name, _, rest = text.partition("=")
    address, mark, placement = rest.rpartition("@")
    if not mark or not _NAME.fullmatch(placement):
        raise CameraRefused("NAME=ADDRESS@PLACEMENT: the placement is missing or is no name")
    return CameraSpec(name=name, address=camera_address(address), placement=placement, pace=pace)


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraState:
    """How a camera is doing; nothing here is about a person."""

    name: str
    placement: str
    address: str  # scheme and host, without credentials
    connected: bool
    fps: float  # frames looked at a second, over the last ten seconds
    lag_s: float | None  # from capture to decision, of the last frame
    frames: int  # looked at
    dropped: int  # wanted, and overwritten by a newer one before their turn
    late: int  # looked at more than a second after they were taken
    damaged: int  # could not be decoded
    reconnects: int
    last_error: str | None  # one word for the last trouble of the stream, or the code of an error while looking


@dataclass(slots=True, kw_only=True)
class _Post:
    """A camera at work."""

    spec: CameraSpec
    stream: Stream
    camera: Camera
    served: int = 0  # number of its last turn
    busy: bool = False
    frames: int = 0
    late: int = 0
    lag_s: float | None = None
    failure: str | None = None
    done_at: deque[datetime] = field(default_factory=lambda: deque(maxlen=600))

    def looked(self, frame: Frame, now: datetime) -> None:
        self.frames += 1
        self.late += now - frame.captured_at > _LATE
        self.lag_s = (now - frame.captured_at).total_seconds()
        self.done_at.append(now)

    def state(self, now: datetime) -> CameraState:
        stream = self.stream.state
        recent = sum(now - at <= _RATE_OVER for at in self.done_at)
        return CameraState(
            name=self.spec.name,
            placement=self.spec.placement,
            address=self.spec.address.label,
            connected=stream.connected,
            fps=round(recent / _RATE_OVER.total_seconds(), 2),
            lag_s=self.lag_s,
            frames=self.frames,
            dropped=stream.dropped,
            late=self.late,
            damaged=stream.damaged,
            reconnects=stream.reconnects,
            last_error=self.failure or (stream.trouble and stream.trouble.value),
        )


class Watch:
    """Cameras that can come and go while it runs.

    As many frames are looked at at once as there are workers. Of the cameras that have a new frame, the one whose last
    turn is longest ago is next; so a slow machine sees each camera less often, and none with a growing lag.
    """

    def __init__(self, *, edge: Edge, see: See, clock: Clock, rng: np.random.Generator, workers: int) -> None:
        """Nothing runs before `running`.

        Args:
            edge: knows the placements and the members.
            see: looks at one frame of a camera; never called twice at once for one camera.
            clock: time of the frames.
            rng: jitter of the reconnections.
            workers: frames that are looked at at once; the number of cores serves best.
        """
        self._edge, self._see, self._clock, self._rng, self._workers = edge, see, clock, rng, workers
        self._posts: dict[str, _Post] = {}
        self._turns = count(1)
        self._news = asyncio.Event()

    @asynccontextmanager
    async def running(self) -> AsyncIterator["Watch"]:
        """Look at what the cameras give until the end of the block; then every camera is stopped."""
        tasks = [asyncio.create_task(self._work()) for _ in range(self._workers)]
        try:
            yield self
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            streams = [post.stream for post in self._posts.values()]
            self._posts.clear()
            await asyncio.to_thread(_end, streams, _END_WITHIN_S)

    # ------ cameras

    def start(self, spec: CameraSpec) -> None:
        """Add a camera; it connects in the background, and again whenever it is lost.

        Raises:
            CameraRefused: the name is taken, or there are too many.
            FacesOff: no face may be used here.
            PlacementUnknown: the scenario has no such placement.
        """
        self._edge.check_faces()
        if spec.name in self._posts:
            raise CameraRefused(f"{spec.name}: the name is taken")
        if len(self._posts) >= MAX_CAMERAS:
            raise CameraRefused(f"at most {MAX_CAMERAS} cameras")
        try:
            camera = Camera(edge=self._edge, placement=spec.placement)
        except PlacementUnknown:
            raise PlacementUnknown(f"of camera {spec.name}") from None  # a mistyped address may look like a placement
        loop = asyncio.get_running_loop()

        def on_frame() -> None:
            with suppress(RuntimeError):  # the loop has ended before the reader
                loop.call_soon_threadsafe(self._news.set)

        stream = Stream(
            name=spec.name,
            address=spec.address,
            pace=spec.pace,
            clock=self._clock,
            rng=self._rng.spawn(1)[0],
            on_frame=on_frame,
        )
        self._posts[spec.name] = _Post(spec=spec, stream=stream, camera=camera)
        stream.start()

    async def stop(self, name: str) -> None:
        """Remove a camera; a reader that waits for the network ends when that gives up, and is not waited for.

        Raises:
            CameraUnknown: there is none of this name.
        """
        post = self._posts.pop(name, None)
        if post is None:
            raise CameraUnknown(repr(name[:32]))
        await asyncio.to_thread(_end, [post.stream], _END_WITHIN_S)

    def states(self) -> tuple[CameraState, ...]:
        """Every camera, in the order in which they were added."""
        now = self._clock.now()
        return tuple(post.state(now) for post in self._posts.values())

    async def snapshot(self, name: str) -> Frame:
        """The newest frame of a camera, for a preview; raises CameraUnknown or CameraUnavailable."""
        post = self._posts.get(name)
        if post is None:
            raise CameraUnknown(repr(name[:32]))
        frame = await asyncio.to_thread(post.stream.newest) if post.stream.state.connected else None
        if frame is None:
            raise CameraUnavailable(name)
        return frame

    # ------ turns

    async def _work(self) -> None:
        while True:
            post = self._next()
            if post is None:
                self._news.clear()
                await self._news.wait()
                continue
            await self._turn(post)

    def _next(self) -> _Post | None:
        waiting = (post for post in self._posts.values() if post.stream.ready and not post.busy)
        return min(waiting, key=lambda post: post.served, default=None)

    async def _turn(self, post: _Post) -> None:
        post.served, post.busy = next(self._turns), True
        try:
            frame = await asyncio.to_thread(post.stream.take)
            if frame is not None:
                await self._see(post.camera, frame)
                post.looked(frame, self._clock.now())
            post.failure = None
        except VisavisError as error:
            post.failure = error.code()
        except Exception as error:  # noqa: BLE001 - one broken camera must not end the turns of the others
            post.failure = type(error).__name__
        if post.failure is None:
            self._free(post)
        else:
            asyncio.get_running_loop().call_later(_AFTER_FAILURE_S, self._free, post)

    def _free(self, post: _Post) -> None:
        post.busy = False
        self._news.set()  # a worker may wait for this camera


def _end(streams: list[Stream], within_s: float) -> None:
    """Stop readers, and wait so long for all of them together."""
    for stream in streams:
        stream.stop()
    until = time.monotonic() + within_s
    for stream in streams:
        stream.join(max(0.0, until - time.monotonic()))
