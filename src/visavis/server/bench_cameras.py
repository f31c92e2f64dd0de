"""`visavis bench cameras`: whether this machine keeps up with several cameras, and how soon a member is welcomed."""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from io import BytesIO
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import psutil
from numpy.typing import NDArray
from PIL import Image

from visavis.config import Settings
from visavis.perception.address import camera_address
from visavis.perception.film import write_film
from visavis.perception.stream import Pace
from visavis.perception.video import read_video
from visavis.pipeline.camera import Camera, Seen
from visavis.pipeline.watch import CameraSpec, See, Watch
from visavis.server.site import Progress, Site, open_site
from visavis.simulation.walk_by import HEIGHT, SCENES, WIDTH, Portrait, Scene, walk_by
from visavis.types import Frame, Purpose

SIZE = (1280, 720)
ALLOWED = (Purpose.RECOGNISE, Purpose.PERSONALISE)
WARM_S = 3.0  # the first frames meet cold caches
WINDOW_S = 10.0
HALF_WITHIN_MS, MOST_WITHIN_MS, MOST_EMBEDDINGS = 150.0, 400.0, 3
EXAMPLE = "example people"
ARRIVAL_FPS = 10
TRIES = 12  # frames a second of a clip that are tried for enrolment


@dataclass(frozen=True, slots=True, kw_only=True)
class Minute:
    """What happened in one minute of the run, or in what was left of it."""

    number: int
    frames: int
    p50_ms: float  # of the lag: from the frame to its decision
    p95_ms: float
    dropped: int
    cpu_percent: float  # of one core, this process
    rss_mb: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """Several cameras at once."""

    cameras: int
    fps: float
    width: int
    height: int
    cores: int
    seconds: float
    frames: int
    dropped: int
    late: int
    p50_ms: float
    p95_ms: float
    growth_ms: float  # of the median lag over the whole run: a straight line through the medians of ten seconds
    cpu_percent: float
    verdict: str  # keeps up, drops frames, lag grows
    minutes: tuple[Minute, ...]
    dropped_by_camera: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstDecision:
    """One clip, played again and again before a new camera, its person a member."""

    clip: str
    max_fps: float  # frames a second that were looked at
    rounds: int  # 0: no face in it can be enrolled
    decided: int  # rounds in which the member was welcomed and a decision recorded
    arrivals: int  # tracks that began, of all rounds
    p50_ms: float | None  # from the first usable frame of the member to the decision
    p95_ms: float | None
    max_ms: float | None
    embeddings_a_track: float | None  # the mean of the rounds
    most_embeddings_a_track: float | None
    in_time: bool | None  # half of the decisions within `HALF_WITHIN_MS`, 95 of 100 within `MOST_WITHIN_MS`, and
    # no round with more than `MOST_EMBEDDINGS` a track


@dataclass(slots=True)
class _Log:
    """What a measured watch saw; times are seconds since the start."""

    begin: float = field(default_factory=time.monotonic)
    at_s: list[float] = field(default_factory=list)
    lag_s: list[float] = field(default_factory=list)

    def looked(self, lag_s: float) -> None:
        self.at_s.append(time.monotonic() - self.begin)
        self.lag_s.append(lag_s)


# ------ load


async def bench_load(
    settings: Settings, *, cameras: int, fps: int, seconds: float, videos: Sequence[Path], progress: Progress
) -> Load:
    """Replay films of 1280 x 720 before a whole site, one of whose members walks by in them.

    Args:
        settings: of the site; its data folder is replaced by one that is deleted.
        cameras: how many at once.
        fps: of each film; every frame is wanted.
        seconds: how long.
        videos: what the cameras show, in turn; without any, portraits walk by.
        progress: told of each step.
    """
    async with _site(settings, progress) as (site, folder):
        await _enrol_portrait(site)
        clips = [await asyncio.to_thread(_clip, folder, number, fps, videos) for number in range(cameras)]
        log = _Log()

        async def see(camera: Camera, frame: Frame) -> Seen:
            seen = await site.see(camera, frame)
            log.looked((site.clock.now() - frame.captured_at).total_seconds())
            return seen

        async with _watch(site, see).running() as watch:
            pace = Pace(max_fps=60, loop=True)
            for number, clip in enumerate(clips):
                watch.start(_spec(site, f"camera-{number + 1}", clip, pace))
            minutes = [minute async for minute in _minutes(watch, log, seconds, progress)]
            states = watch.states()
    dropped = tuple(s.dropped for s in states)
    load = _load(log, tuple(minutes), cameras, fps, seconds, sum(dropped), sum(s.late for s in states))
    return replace(load, dropped_by_camera=dropped)


async def _minutes(watch: Watch, log: _Log, seconds: float, progress: Progress) -> AsyncIterator[Minute]:
    process, number, end_s = psutil.Process(), 0, 0.0
    while end_s < seconds:
        begin_s, end_s = end_s, min(end_s + 60.0, seconds)
        first, dropped, cpu = len(log.lag_s), sum(s.dropped for s in watch.states()), _cpu_s(process)
        while (now_s := time.monotonic() - log.begin) < end_s:
            progress("watching cameras", now_s / seconds)
            await asyncio.sleep(min(1.0, end_s - now_s))
        lags = np.array(log.lag_s[first:] or [0.0]) * 1000
        number += 1
        yield Minute(
            number=number,
            frames=len(log.lag_s) - first,
            p50_ms=_ms(lags, 0.5),
            p95_ms=_ms(lags, 0.95),
            dropped=sum(s.dropped for s in watch.states()) - dropped,
            cpu_percent=round(100 * (_cpu_s(process) - cpu) / (end_s - begin_s), 1),
            rss_mb=round(process.memory_info().rss / 1e6, 1),
        )
    progress("watching cameras", 1.0)


def _load(
    log: _Log, minutes: tuple[Minute, ...], cameras: int, fps: int, seconds: float, dropped: int, late: int
) -> Load:
    at, lag = np.array(log.at_s), np.array(log.lag_s) * 1000
    warm = at > WARM_S
    growth_ms = growth(at[warm], lag[warm])
    share = dropped / max(1, dropped + len(lag))
    verdict = "lag grows" if growth_ms > 1000 / fps else "drops frames" if share > 0.01 else "keeps up"
    return Load(
        cameras=cameras,
        fps=fps,
        width=SIZE[0],
        height=SIZE[1],
        cores=len(os.sched_getaffinity(0)),
        seconds=seconds,
        frames=len(lag),
        dropped=dropped,
        late=late,
        p50_ms=_ms(lag[warm], 0.5),
        p95_ms=_ms(lag[warm], 0.95),
        growth_ms=round(growth_ms, 1),
        cpu_percent=round(float(np.mean([m.cpu_percent for m in minutes])), 1),
        verdict=verdict,
        minutes=minutes,
    )


def growth(at_s: NDArray[np.float64], lag_ms: NDArray[np.float64]) -> float:
    """By how much the median lag grew over the run: least squares through the median of each ten seconds."""
    window = (at_s // WINDOW_S).astype(int)
    numbers = np.unique(window)
    if len(numbers) < 2:
        return 0.0
    medians = [float(np.median(lag_ms[window == number])) for number in numbers]
    slope = np.polyfit(numbers, medians, 1)[0]
    return float(slope * (numbers[-1] - numbers[0]))


# ------ first usable frame to decision


async def bench_first_decision(
    settings: Settings, *, videos: Sequence[Path], rounds: int, progress: Progress
) -> list[FirstDecision]:
    """Enrol the person of each clip from its own frames, then let them come again and again; last, all clips in one.

    Without a clip, somebody of the example people comes, whose photo is enrolled.
    """
    runs: list[tuple[str, list[_Round]]] = []
    for number, video in enumerate(videos or [None]):
        async with _site(settings, progress) as (site, folder):
            if video is None:
                film, able = await asyncio.to_thread(_arrival, folder), True
                await _enrol_portrait(site)
            else:
                film, able = video, await _enrol_from(site, video)
            several = []
            for turn in range(rounds if able else 0):
                progress("waiting for decisions", (number + turn / rounds) / max(1, len(videos)))
                several.append(await _round(site, film))
            runs.append((video.name if video else EXAMPLE, several))
    progress("waiting for decisions", 1.0)
    everything = [one for _, several in runs for one in several]
    together = [("all", everything)] if len(runs) > 1 else []
    return [_first_decision(name, several, settings.camera_fps) for name, several in (*runs, *together)]


def _first_decision(clip: str, rounds: Sequence["_Round"], max_fps: float) -> FirstDecision:
    decided = np.array([r.decided_s for r in rounds if r.decided_s is not None]) * 1000
    shares = [r.embeddings_a_track for r in rounds]
    p50_ms, p95_ms = (_ms(decided, share) if len(decided) else None for share in (0.5, 0.95))
    return FirstDecision(
        clip=clip,
        max_fps=max_fps,
        rounds=len(rounds),
        decided=len(decided),
        arrivals=sum(r.arrivals for r in rounds),
        p50_ms=p50_ms,
        p95_ms=p95_ms,
        max_ms=_ms(decided, 1.0) if len(decided) else None,
        embeddings_a_track=round(float(np.mean(shares)), 2) if shares else None,
        most_embeddings_a_track=round(max(shares), 2) if shares else None,
        in_time=None
        if p50_ms is None or p95_ms is None
        else p50_ms <= HALF_WITHIN_MS and p95_ms <= MOST_WITHIN_MS and max(shares) <= MOST_EMBEDDINGS,
    )


@dataclass(frozen=True, slots=True)
class _Round:
    """One time that the person came."""

    decided_s: float | None  # from the first usable frame to the decision; None without one
    embeddings_a_track: float
    arrivals: int


async def _round(site: Site, video: Path) -> _Round:
    usable_at: datetime | None = None
    decided_s: float | None = None
    tracks = embedded = 0

    async def see(camera: Camera, frame: Frame) -> Seen:
        nonlocal usable_at, decided_s, tracks, embedded
        seen = await site.see(camera, frame)
        tracks, embedded = tracks + seen.arrived, embedded + seen.embedded
        if usable_at is None and any(face.quality.usable for face in seen.faces):
            usable_at = frame.captured_at
        decided = any(welcome.decision is not None for welcome in seen.welcomes)
        if decided_s is None and decided and usable_at is not None:
            decided_s = (site.clock.now() - usable_at).total_seconds()
        return seen

    async with _watch(site, see).running() as watch:
        watch.start(_spec(site, "clip", video, Pace(max_fps=site.settings.camera_fps)))
        while watch.states()[0].last_error != "ended":  # noqa: ASYNC110 - a reader's thread sets no event of ours
            await asyncio.sleep(0.05)
        await asyncio.sleep(0.1)  # the last frame may still be looked at
    return _Round(decided_s, embedded / max(1, tracks), tracks)


# ------ a site to measure


@asynccontextmanager
async def _site(settings: Settings, progress: Progress) -> AsyncIterator[tuple[Site, Path]]:
    with TemporaryDirectory(prefix="visavis-bench-") as folder:
        changes = {"data_dir": Path(folder) / "data", "database_url": None, "cameras": (), "demonstration": True}
        async with open_site(settings.model_copy(update=changes), progress=progress) as site:
            yield site, Path(folder)


def _watch(site: Site, see: See) -> Watch:
    cores = len(os.sched_getaffinity(0))
    return Watch(edge=site.edge, see=see, clock=site.clock, rng=np.random.default_rng(0), workers=cores)


def _spec(site: Site, name: str, film: Path, pace: Pace) -> CameraSpec:
    placement = next(iter(site.scenario.placements))
    return CameraSpec(name=name, address=camera_address(str(film)), placement=placement, pace=pace)


async def _enrol_portrait(site: Site) -> None:
    await site.edge.enrol(photos=[Portrait.HOPPER.photo()], name="Grace", locale="en", consents=ALLOWED)


async def _enrol_from(site: Site, video: Path) -> bool:
    """Up to three photos of the person, spread over the clip; whether anybody in it can be enrolled."""
    frames = list(read_video(video, source="enrolment", clock_start=site.clock.now(), max_fps=TRIES))
    usable = [f for f in frames if any(face.quality.usable for face in await site.observe(f))]
    if not usable:
        return False
    chosen = [usable[n] for n in sorted({0, len(usable) // 2, len(usable) - 1})]
    await site.edge.enrol(photos=[_jpeg(f.pixels) for f in chosen], name="Grace", locale="en", consents=ALLOWED)
    return True


def _jpeg(pixels: NDArray[np.uint8]) -> bytes:
    out = BytesIO()
    Image.fromarray(pixels).save(out, format="JPEG", quality=95)
    return out.getvalue()


# ------ films


def _clip(folder: Path, number: int, fps: int, videos: Sequence[Path]) -> Path:
    """What one camera shows, at 1280 x 720."""
    path = folder / f"camera-{number + 1}.mkv"
    pictures = _shown(videos[number % len(videos)], fps) if videos else _walking(number, fps)
    write_film(path, (_wide(pixels) for pixels in pictures), fps=fps, size=SIZE)
    return path


def _arrival(folder: Path) -> Path:
    """The enrolled one of the example people comes before the camera and goes."""
    scenes = (Scene(people=(), seconds=0.6), Scene(people=(Portrait.HOPPER,), seconds=3.0))
    starts_at = datetime.fromisoformat("2026-01-01T00:00:00Z")
    walk = walk_by(np.random.default_rng(0), source="bench", starts_at=starts_at, fps=ARRIVAL_FPS, scenes=scenes)
    frames = round(sum(scene.seconds for scene in scenes) * ARRIVAL_FPS)
    path = folder / "arrival.mkv"
    write_film(path, (frame.pixels for frame, _ in islice(walk, frames)), fps=ARRIVAL_FPS, size=(WIDTH, HEIGHT))
    return path


def _walking(number: int, fps: int) -> Iterator[NDArray[np.uint8]]:
    """People who walk by, each camera at another place of the story."""
    turned = number % len(SCENES)
    scenes = SCENES[turned:] + SCENES[:turned]
    frames = round(sum(scene.seconds for scene in scenes) * fps)
    starts_at = datetime.fromisoformat("2026-01-01T00:00:00Z")
    walk = walk_by(np.random.default_rng(number), source="bench", starts_at=starts_at, fps=fps, scenes=scenes)
    return (frame.pixels for frame, _ in islice(walk, frames))


def _shown(video: Path, fps: int) -> Iterator[NDArray[np.uint8]]:
    starts_at = datetime.fromisoformat("2026-01-01T00:00:00Z")
    return (f.pixels for f in read_video(video, source="bench", clock_start=starts_at, max_fps=fps))


def _wide(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A picture of the shape of 1280 x 720, its edges drawn out."""
    height, width = pixels.shape[:2]
    wanted = max(width, round(height * SIZE[0] / SIZE[1]))
    tall = max(height, round(width * SIZE[1] / SIZE[0]))
    across, down = wanted - width, tall - height
    margins = ((down // 2, down - down // 2), (across // 2, across - across // 2), (0, 0))
    return np.pad(pixels, margins, mode="edge")


def _cpu_s(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def _ms(values: NDArray[np.float64], share: float) -> float:
    return round(float(np.quantile(values, share)), 1) if len(values) else 0.0
