"""Detect and embed, one thread, beside face_recognition on the same pictures in the same run.

Rounds of both programs take turns, so that a machine that is slow for a while is slow for both.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from visavis.errors import ExtraMissing, ImageRefused, InputRefused
from visavis.perception.decode import MAX_BYTES, decode_image
from visavis.perception.observe import Observer
from visavis.perception.packs import Pack
from visavis.server.bench.fair import Spread, one_core
from visavis.server.bench.peers import FaceRecognition
from visavis.server.site import Progress
from visavis.simulation.walk_by import Portrait, Scene, walk_by
from visavis.types import Frame

SUFFIXES = (".jpg", ".jpeg", ".png", ".webp")
BATCHES = (1, 8, 32)
FRAME_ROUNDS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """One program on the pictures."""

    name: str
    faces: int
    pictures_without_face: int
    detect_ms: Spread  # a picture
    embed_ms: Spread  # a face
    faces_per_s: Spread  # detect and embed


@dataclass(frozen=True, slots=True, kw_only=True)
class FacesBench:
    """What `bench_faces` measured."""

    pictures: int
    rounds: int
    ours: Program
    peer: Program | None
    ratio: Spread | None  # our faces per second over the peer's, round by round
    note: str  # why there is no peer; empty where there is
    frame_ms: Spread  # detect, align and judge in a 640 x 480 frame with a face, smallest face 60 px
    empty_frame_ms: Spread
    frame_in_embeddings: float  # frame_ms as a multiple of one face's embedding
    batch_ms: dict[int, float]  # faces embedded at once -> median ms a face


def bench_faces(pack: Pack, *, folder: Path | None, most: int, rounds: int, progress: Progress) -> FacesBench:
    """Measure.

    Args:
        pack: loaded with one thread.
        folder: pictures, searched through its folders; None takes frames with the example people.
        most: pictures.
        rounds: of each program over all pictures.
        progress: told of rounds.

    Raises:
        InputRefused: there is no picture, or one cannot be read.
    """
    with one_core():
        return _measured(
            pack, read_frames(folder, most) if folder else _example_frames(min(most, 24)), rounds, progress
        )


def _measured(pack: Pack, frames: list[Frame], rounds: int, progress: Progress) -> FacesBench:
    observer = Observer(pack)
    ours, theirs = _Ours(observer), None
    note = ""
    try:
        theirs = _Theirs(FaceRecognition())
    except ExtraMissing as missing:
        note = missing.detail
    programs: list[_Runner] = [ours] if theirs is None else [ours, theirs]
    for runner in programs:
        runner.round(frames[:2])  # warm
    taken: list[list[_Round]] = [[] for _ in programs]
    for number in range(rounds):
        for runner, times in zip(programs, taken, strict=True):
            times.append(runner.round(frames))
        progress("measuring faces", (number + 1) / rounds)
    results = [_program(runner.name, times) for runner, times in zip(programs, taken, strict=True)]
    frame_ms, empty_ms, batch_ms = _steps(observer)
    return FacesBench(
        pictures=len(frames),
        rounds=rounds,
        ours=results[0],
        peer=results[1] if theirs else None,
        ratio=Spread.of([a.per_s / b.per_s for a, b in zip(*taken, strict=True)]) if theirs else None,
        note=note,
        frame_ms=frame_ms,
        empty_frame_ms=empty_ms,
        frame_in_embeddings=round(frame_ms.median / batch_ms[1], 2),
        batch_ms=batch_ms,
    )


def read_frames(folder: Path, most: int) -> list[Frame]:
    """Pictures of a folder and those below it, in order of their paths, spread evenly where there are more.

    Raises:
        InputRefused: there is none, or one cannot be read; names it.
    """
    paths = sorted(p for p in folder.rglob("*") if p.suffix.lower() in SUFFIXES and p.is_file())
    if not paths:
        raise InputRefused(f"{folder}: no pictures ({', '.join(SUFFIXES)})")
    chosen = [paths[k] for k in np.linspace(0, len(paths) - 1, min(most, len(paths))).astype(int)]
    return [_frame(path) for path in chosen]


def _frame(path: Path) -> Frame:
    try:
        with path.open("rb") as file:
            pixels = decode_image(file.read(MAX_BYTES + 1))
    except (ImageRefused, OSError) as failure:
        raise InputRefused(f"{path}: it cannot be read as a picture") from failure
    return Frame(pixels=pixels, source="bench", captured_at=datetime.now(UTC))


def _example_frames(count: int) -> list[Frame]:
    scene = Scene(people=(Portrait.HOPPER, Portrait.COLLINS), seconds=20.0)
    walk = walk_by(
        np.random.default_rng(0), source="bench", starts_at=datetime.now(UTC), fps=count / 20, scenes=(scene,)
    )
    return [frame for frame, _ in islice(walk, count)]


@dataclass(frozen=True, slots=True)
class _Round:
    pictures: int
    faces: int
    without: int
    detect_s: float
    embed_s: float

    @property
    def per_s(self) -> float:
        return max(1, self.faces) / (self.detect_s + self.embed_s)


class _Runner:
    """A program under measurement."""

    name: str

    def detect(self, frame: Frame) -> Sequence[object]:
        raise NotImplementedError

    def embed(self, frame: Frame, faces: Sequence[object]) -> object:
        raise NotImplementedError

    def round(self, frames: Sequence[Frame]) -> _Round:
        count, without, detect_s, embed_s = 0, 0, 0.0, 0.0
        for frame in frames:
            begin = time.perf_counter()
            faces = self.detect(frame)
            found = time.perf_counter()
            self.embed(frame, faces)
            embed_s += time.perf_counter() - found
            detect_s += found - begin
            count += len(faces)
            without += not faces
        return _Round(len(frames), count, without, detect_s, embed_s)


class _Ours(_Runner):
    def __init__(self, observer: Observer) -> None:
        self.name, self._observer = observer.model, observer

    def detect(self, frame: Frame) -> Sequence[object]:
        return self._observer.observe(frame)

    def embed(self, frame: Frame, faces: Sequence[object]) -> object:
        return self._observer.embed(frame, faces)  # type: ignore[arg-type]  # what its own detect gave


class _Theirs(_Runner):
    def __init__(self, program: FaceRecognition) -> None:
        self.name, self._program = program.name, program

    def detect(self, frame: Frame) -> Sequence[object]:
        return self._program.locate(frame.pixels)

    def embed(self, frame: Frame, faces: Sequence[object]) -> object:
        return self._program.describe(frame.pixels, faces)  # type: ignore[arg-type]  # what its own detect gave


def _program(name: str, times: Sequence[_Round]) -> Program:
    return Program(
        name=name,
        faces=times[0].faces,
        pictures_without_face=times[0].without,
        detect_ms=Spread.of([t.detect_s / t.pictures * 1e3 for t in times]),
        embed_ms=Spread.of([t.embed_s / max(1, t.faces) * 1e3 for t in times]),
        faces_per_s=Spread.of([t.per_s for t in times]),
    )


def _steps(observer: Observer) -> tuple[Spread, Spread, dict[int, float]]:
    scene = Scene(people=(Portrait.HOPPER,), seconds=4.0)
    walk = walk_by(np.random.default_rng(0), source="bench", starts_at=datetime.now(UTC), scenes=(scene,))
    frame = next(frame for frame, _ in walk if observer.observe(frame))
    empty = Frame(pixels=_street(), source="bench", captured_at=frame.captured_at)
    face = observer.observe(frame)[:1]
    batches = {
        size: Spread.of(list(_timed(partial(observer.embed, frame, face * size), 200 // size + 5))) for size in BATCHES
    }
    return (
        Spread.of(list(_timed(lambda: observer.observe(frame), FRAME_ROUNDS))),
        Spread.of(list(_timed(lambda: observer.observe(empty), FRAME_ROUNDS))),
        {size: round(spread.median / size, 3) for size, spread in batches.items()},
    )


def _street() -> NDArray[np.uint8]:
    """A 640 x 480 picture with shapes and no face."""
    rng = np.random.default_rng(3)
    blocks = rng.integers(0, 255, (12, 16, 3), dtype=np.uint8)
    return np.ascontiguousarray(np.kron(blocks, np.ones((40, 40, 1), np.uint8)))


def _timed(work: Callable[[], object], rounds: int) -> Iterator[float]:
    """Milliseconds of each round."""
    work()
    for _ in range(rounds):
        begin = time.perf_counter()
        work()
        yield (time.perf_counter() - begin) * 1e3
