"""Several cameras over one edge: fair turns, the newest frame, and cameras that come and go."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from loopback_cameras import WallClock, film

from visavis.errors import CameraRefused, CameraUnavailable, CameraUnknown, PlacementUnknown, StorageError
from visavis.perception.address import camera_address
from visavis.perception.stream import Pace
from visavis.pipeline.camera import Camera, Seen
from visavis.pipeline.watch import MAX_CAMERAS, CameraSpec, CameraState, Watch, camera_spec
from visavis.types import Frame

NOTHING = Seen(faces=(), arrived=0, known=(), welcomes=())


class Doors:
    """Stands for an edge: knows its placements; nobody is recognised here."""

    def check_faces(self) -> None:
        """They may be used."""

    def check_placement(self, placement: str) -> None:
        if placement != "entrance":
            raise PlacementUnknown(repr(placement))


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    """A second at 20 pictures a second."""
    return film(tmp_path / "clip.mkv", frames=20, fps=20)


def a_watch(see: Callable[[Camera, Frame], Awaitable[Seen]], *, workers: int = 1) -> Watch:
    return Watch(edge=Doors(), see=see, clock=WallClock(), rng=np.random.default_rng(0), workers=workers)


def a_spec(clip: Path, name: str = "door", **changes: Any) -> CameraSpec:
    pace = Pace(max_fps=60, loop=True)
    return CameraSpec(
        **{"name": name, "address": camera_address(str(clip)), "placement": "entrance", "pace": pace} | changes
    )


async def nothing(_camera: Camera, _frame: Frame) -> Seen:
    return NOTHING


async def until(condition: Callable[[], Any]) -> None:
    async with asyncio.timeout(5):
        while not condition():  # noqa: ASYNC110 - what is waited for happens in other threads
            await asyncio.sleep(0.01)


def only(watch: Watch) -> CameraState:
    (state,) = watch.states()
    return state


async def test_every_camera_gets_its_turn_and_none_falls_behind(clip: Path) -> None:
    """Four cameras of 20 a second, a machine that manages 40: ten each, the rest dropped, and no lag grows."""
    turns: Counter[str] = Counter()
    lags: list[float] = []

    async def see(_camera: Camera, frame: Frame) -> Seen:
        await asyncio.sleep(0.025)
        turns[frame.source] += 1
        lags.append((WallClock().now() - frame.captured_at).total_seconds())
        return NOTHING

    async with a_watch(see).running() as watch:
        for name in "abcd":
            watch.start(a_spec(clip, name))
        await until(lambda: turns.total() >= 60)
        states = watch.states()
    assert set(turns) == set("abcd")
    assert max(turns.values()) - min(turns.values()) <= 2
    assert sum(state.dropped for state in states) > 20
    assert all(state.frames == pytest.approx(turns[state.name], abs=1) for state in states)
    # The newest frame is at most 50 ms old, and waits for at most one round of four turns.
    assert np.median(lags[-20:]) < 0.2
    assert all(state.late == 0 for state in states)


async def test_a_camera_is_looked_at_once_at_a_time(clip: Path) -> None:
    """Its tracks follow the order of its frames, also with several workers."""
    at_once: Counter[str] = Counter()
    most: Counter[str] = Counter()
    times: dict[str, list[float]] = {"a": [], "b": []}

    async def see(_camera: Camera, frame: Frame) -> Seen:
        at_once[frame.source] += 1
        most["all"] = max(most["all"], at_once.total())
        most["one"] = max(most["one"], at_once[frame.source])
        times[frame.source].append(frame.captured_at.timestamp())
        await asyncio.sleep(0.03)
        at_once[frame.source] -= 1
        return NOTHING

    async with a_watch(see, workers=3).running() as watch:
        watch.start(a_spec(clip, "a"))
        watch.start(a_spec(clip, "b"))
        await until(lambda: len(times["a"]) > 10)
    assert most == {"all": 2, "one": 1}
    assert all(at == sorted(at) for at in times.values())


async def test_cameras_come_and_go_while_it_runs(clip: Path) -> None:
    """Whoever is stopped is gone at once, and the name is free again."""
    async with a_watch(nothing).running() as watch:
        assert watch.states() == ()
        watch.start(a_spec(clip))
        with pytest.raises(CameraRefused, match="taken"):
            watch.start(a_spec(clip))
        await until(lambda: only(watch).frames > 3)
        state = only(watch)
        assert (state.name, state.placement, state.address) == ("door", "entrance", "clip.mkv")
        assert (state.connected, state.last_error, state.late) == (True, None, 0)
        assert state.lag_s is not None
        assert state.lag_s < 0.5
        await watch.stop("door")
        assert watch.states() == ()
        with pytest.raises(CameraUnknown):
            await watch.stop("door")
        watch.start(a_spec(clip))


async def test_no_more_cameras_than_the_bound(clip: Path) -> None:
    """64; the readers of a film that has ended cost nothing."""
    short = film(clip.with_name("short.mkv"), frames=1)
    async with a_watch(nothing).running() as watch:
        for number in range(MAX_CAMERAS):
            watch.start(a_spec(short, f"c{number}", pace=Pace()))
        with pytest.raises(CameraRefused, match="at most 64"):
            watch.start(a_spec(short, "one-more"))


async def test_an_unknown_placement_is_told_by_the_cameras_name(clip: Path) -> None:
    """A mistyped address may leave a piece of a password where the placement should be."""
    async with a_watch(nothing).running() as watch:
        with pytest.raises(PlacementUnknown) as unknown:
            watch.start(a_spec(clip, placement="s3cr3t"))
        assert "s3cr3t" not in str(unknown.value)
        assert watch.states() == ()


@pytest.mark.parametrize(("failure", "code"), [(StorageError("x"), "storage-error"), (KeyError("s3cr3t"), "KeyError")])
async def test_what_fails_for_one_camera_does_not_stop_the_others(clip: Path, failure: Exception, code: str) -> None:
    """It rests for a second after each failure; its state says what it was, without what the error quotes."""
    turns: Counter[str] = Counter()

    async def see(_camera: Camera, frame: Frame) -> Seen:
        turns[frame.source] += 1
        if frame.source == "bad":
            raise failure
        return NOTHING

    async with a_watch(see).running() as watch:
        watch.start(a_spec(clip, "bad"))
        watch.start(a_spec(clip, "good"))
        await until(lambda: turns["good"] > 15)
        bad, good = watch.states()
    assert (bad.last_error, good.last_error) == (code, None)
    assert turns["bad"] <= 3


@pytest.fixture
def gone(clip: Path) -> CameraSpec:
    """A film that was there when its address was read."""
    spec = a_spec(clip)
    clip.unlink()
    return spec


async def test_a_camera_that_is_away_says_why(gone: CameraSpec) -> None:
    """The reason is one word, and a preview is refused."""
    async with a_watch(nothing).running() as watch:
        watch.start(gone)
        await until(lambda: only(watch).last_error)
        assert (only(watch).last_error, only(watch).connected) == ("not_found", False)
        with pytest.raises(CameraUnavailable):
            await watch.snapshot("door")
        with pytest.raises(CameraUnknown):
            await watch.snapshot("window")


async def test_a_preview_is_the_newest_frame(clip: Path) -> None:
    """Also when it was looked at already."""
    async with a_watch(nothing).running() as watch:
        watch.start(a_spec(clip))
        await until(lambda: only(watch).frames > 1)
        frame = await watch.snapshot("door")
    assert (frame.source, frame.pixels.shape) == ("door", (80, 96, 3))


# ------ how a camera is written


def test_the_placement_follows_the_last_at_sign() -> None:
    """An address may hold others."""
    spec = camera_spec("door=rtsp://user:p%40ss@10.0.0.7/live?a=b@entrance", Pace(max_fps=3))
    assert (spec.name, spec.placement, spec.address.label) == ("door", "entrance", "rtsp://10.0.0.7")
    assert spec.address.url == "rtsp://user:p%40ss@10.0.0.7/live?a=b"
    assert spec.pace.max_fps == 3
    assert "p%40ss" not in repr(spec)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "door",
        "door=rtsp://user:s3cr3t@host/live",
        "rtsp://user:s3cr3t@host/live@entrance",
        "Door One=rtsp://user:s3cr3t@host/live@entrance",
        "=rtsp://user:s3cr3t@host/live@entrance",
        "door=@entrance",
        "door=s3cr3t@entrance",
        "door=rtsp://user:s3cr3t@host/live@",
        "door=rtsp://user:s3cr3t@host/live@Entrance!",
    ],
)
def test_a_camera_that_cannot_be_read_is_refused_without_its_password(text: str) -> None:
    with pytest.raises(CameraRefused) as refused:
        camera_spec(text, Pace())
    assert "s3cr3t" not in str(refused.value)
