"""A pack with a smaller embedder, and what that costs."""

import time
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from visavis.errors import InputRefused, ModelRefused
from visavis.learning.faces.crops import cut_faces
from visavis.learning.faces.folders import People, Progress, Whose, embed_people, read_people
from visavis.learning.faces.packing import NewEmbedder, write_pack
from visavis.learning.faces.pairs import all_pairs
from visavis.learning.faces.verification import VerificationReport, verify_pairs
from visavis.perception.observe import Observer
from visavis.perception.packs import ModelKind, Pack, load_pack
from visavis.perception.packs.feeding import feed
from visavis.runtime import DType
from visavis.runtime.compress import to_half, to_whole_numbers

SAMPLES = 200  # faces on which ranges are measured
TIMED = 40  # faces, embedded one by one


class Numbers(StrEnum):
    """What the smaller embedder computes with."""

    INT8 = "int8"
    FP16 = "fp16"


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighed:
    """One of the two embedders, on the people whose pictures chose nothing."""

    size: int  # bytes
    ms_a_face: float  # median, one thread
    report: VerificationReport


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantised:
    """The new pack, and both embedders."""

    pack: Path
    before: Weighed
    after: Weighed
    likeness: float  # mean cosine between both embeddings of a face
    least_likeness: float


def quantise(
    base: Path,
    numbers: Numbers,
    folder: Path,
    *,
    packs_dir: Path,
    name: str,
    whose: Whose,
    rng: np.random.Generator,
    now: datetime,
    progress: Progress,
) -> Quantised:
    """Write the pack and measure both. Every second person's pictures set the ranges; the others measure.

    Args:
        base: the pack that is made smaller.
        numbers: what the new embedder computes with.
        folder: one folder a person.
        packs_dir: where the new pack is put.
        name: of the new pack.
        whose: which face of several.
        rng: of the intervals.
        now: stamped on the frames.
        progress: told of the share done.

    Raises:
        InputRefused: fewer than four people, or nobody measured has two pictures.
        ModelRefused: the embedder takes whole numbers already, or cannot be converted.
    """
    pack = load_pack(base)
    spec = pack.manifest.model(ModelKind.EMBEDDER)
    if spec.input.tensor.dtype is not DType.FLOAT32:
        raise ModelRefused(f"{pack.manifest.name} computes in whole numbers already")
    everybody = read_people(folder)
    if everybody.count < 4:
        raise InputRefused(f"{folder}: four people are the least: two set the ranges, the others measure")
    setting, measuring = _every_second(everybody, 0), _every_second(everybody, 1)
    crops = cut_faces(setting, Observer(pack), pack.alignment, whose=whose, now=now, progress=progress)
    chosen = np.linspace(0, len(crops) - 1, min(SAMPLES, len(crops))).astype(int)
    samples = [feed(crops.plain(np.array([k])), spec.input) for k in chosen]
    content = (base / spec.file).read_bytes()
    match numbers:
        case Numbers.FP16:
            smaller = to_half(content)
        case Numbers.INT8:
            smaller = to_whole_numbers(content, spec.input.tensor.name, samples)
    embedder = NewEmbedder(
        content=smaller,
        input=spec.input,
        output=spec.outputs[0],
        licence=spec.licence,
        source=f"visavis packs quantise, {numbers}: {spec.source}"[:500],
        alignment=pack.alignment,
        calibration=pack.manifest.calibration if numbers is Numbers.FP16 else (),
        tolerance=0.01,
    )
    written = write_pack(packs_dir, name, base, embedder)
    new, faces = load_pack(written), crops.plain(chosen[:TIMED])
    (before, one), (after, other) = (
        _weighed(which, measuring, faces, whose, rng.spawn(1)[0], now, progress) for which in (pack, new)
    )
    alike = (one * other).sum(axis=1)
    return Quantised(
        pack=written, before=before, after=after, likeness=float(alike.mean()), least_likeness=float(alike.min())
    )


def _every_second(people: People, odd: int) -> People:
    own = people.labels % 2 == odd
    chosen = tuple(path for path, mine in zip(people.pictures, own, strict=True) if mine)
    labels = people.labels[own] // 2
    return replace(people, pictures=chosen, labels=labels, count=int(labels.max()) + 1)


def _weighed(
    pack: Pack,
    people: People,
    faces: NDArray[np.uint8],
    whose: Whose,
    rng: np.random.Generator,
    now: datetime,
    progress: Progress,
) -> tuple[Weighed, NDArray[np.float32]]:
    """And the embeddings of the pictures on which a face was found."""
    embedded = embed_people(people, Observer(pack), whose=whose, now=now, progress=progress)
    report = verify_pairs(all_pairs(people), embedded, system=pack.model_id, rng=rng, progress=progress)
    weighed = Weighed(
        size=pack.manifest.model(ModelKind.EMBEDDER).size, ms_a_face=_milliseconds(pack, faces), report=report
    )
    return weighed, embedded.vectors[embedded.found]


def _milliseconds(pack: Pack, faces: NDArray[np.uint8]) -> float:
    times = []
    for face in faces:
        begin = time.perf_counter()
        pack.embed(face[None])
        times.append((time.perf_counter() - begin) * 1e3)
    return float(np.median(times))
