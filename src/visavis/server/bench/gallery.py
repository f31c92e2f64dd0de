"""Search among many templates, one thread, beside FAISS flat, usearch and hnswlib on the same vectors and probes."""

import time
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from typing import Any

import faiss
import numpy as np
from numpy.typing import NDArray

from visavis.identity.gallery import Gallery
from visavis.identity.scan import mated_probes
from visavis.server.bench.fair import Spread, one_core
from visavis.server.site import Progress
from visavis.types import Embedding, MemberId

MODEL = "measured"
GRAPHS_UP_TO = 100_000  # templates, unless they are asked for: a graph of a million takes one core some twenty minutes
CLUSTERS = 2_000
MATED_COSINE = 0.40
EDITS = 200
Vectors = NDArray[np.float32]


class Peer(StrEnum):
    """What is measured beside."""

    FLAT = "faiss-flat"
    USEARCH = "usearch"
    HNSWLIB = "hnswlib"


@dataclass(frozen=True, slots=True, kw_only=True)
class Searcher:
    """One program on the templates."""

    name: str
    build_s: float  # until it can be searched; ours: until the scan is proved
    p50_ms: Spread  # of one search, over the rounds
    p95_ms: Spread
    agreement: float  # share of probes whose nearest template is that of exact search
    times_as_fast: Spread | None  # our p50 in its p50, round by round; None for ours
    note: str = ""  # why it was not measured; empty where it was


@dataclass(frozen=True, slots=True, kw_only=True)
class GalleryBench:
    """What `bench_gallery` measured at one size."""

    templates: int
    dim: int
    clustered: bool
    probes: int
    rounds: int
    proof: str
    searchers: tuple[Searcher, ...]
    add_ms: Spread  # of one template
    drop_ms: Spread
    edits_seen: bool  # every added template was found, every dropped one was not, by the next search


def bench_gallery(
    size: int,
    *,
    dim: int,
    clustered: bool,
    probes: int,
    rounds: int,
    peers: Collection[Peer],
    seed: int,
    progress: Progress,
) -> GalleryBench:
    """Measure.

    Args:
        size: templates.
        dim: of each.
        clustered: drawn around some thousand centres in directions of unequal weight, as networks give them, instead
            of evenly.
        probes: searches of each round, all at a cosine of 0.40 to one template.
        rounds: of all programs, which take turns.
        peers: beside these; none named: all, but graphs of at most 100,000 templates.
        seed: of everything that is drawn.
        progress: told of each step.
    """
    rng = np.random.default_rng(seed)
    rows = drawn_templates(size, dim, clustered=clustered, rng=rng)
    asked = mated_probes(rows, probes, rng, (MATED_COSINE, MATED_COSINE))
    with one_core():
        faiss.omp_set_num_threads(1)
        _, best = faiss.knn(asked, rows, 1, metric=faiss.METRIC_INNER_PRODUCT)
        gallery, programs, notes = _built(rows, peers, progress)
        times = _timed(programs, asked, rounds, progress)
        ours = next(iter(programs))
        searchers = [
            _searcher(name, program, times[name], asked, best[:, 0], None if name == ours else times[ours])
            for name, program in programs.items()
        ]
        add_ms, drop_ms, seen = _edited(gallery, dim, rng)
    nothing = Spread(median=0.0, low=0.0, high=0.0)
    return GalleryBench(
        templates=size,
        dim=dim,
        clustered=clustered,
        probes=probes,
        rounds=rounds,
        proof="exact search" if gallery.exact else str(gallery.proof),
        searchers=(
            *searchers,
            *(
                Searcher(name=n, build_s=0, p50_ms=nothing, p95_ms=nothing, agreement=0, times_as_fast=None, note=why)
                for n, why in notes.items()
            ),
        ),
        add_ms=add_ms,
        drop_ms=drop_ms,
        edits_seen=seen,
    )


def drawn_templates(size: int, dim: int, *, clustered: bool, rng: np.random.Generator) -> Vectors:
    """Unit vectors, float32 (size, dim)."""
    rows = rng.standard_normal((size, dim), dtype=np.float32)
    if clustered:
        weights = np.arange(1, dim + 1, dtype=np.float32) ** -0.5
        turn = np.linalg.qr(rng.standard_normal((dim, dim)))[0].astype(np.float32)
        centres = rng.standard_normal((CLUSTERS, dim), dtype=np.float32)
        rows += centres[rng.integers(0, CLUSTERS, size)]
        rows = (rows * weights) @ turn
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    return rows


@dataclass(slots=True)
class _Program:
    build_s: float
    nearest: Callable[[Vectors], int]  # (D,) -> row


def _built(
    rows: Vectors, peers: Collection[Peer], progress: Progress
) -> tuple[Gallery, dict[str, _Program], dict[str, str]]:
    gallery = Gallery(model=MODEL, dim=rows.shape[1])

    def ours() -> Callable[[Vectors], int]:
        gallery.add_many([(MemberId(str(n)), str(n)) for n in range(len(rows))], rows)
        gallery.settle()
        return lambda probe: _row_of(gallery, probe)

    makers: dict[str, Callable[[], Callable[[Vectors], int]]] = {"visavis": ours}
    notes: dict[str, str] = {}
    for peer, make in ((Peer.FLAT, _flat), (Peer.USEARCH, _usearch), (Peer.HNSWLIB, _hnswlib)):
        if not peers and peer is not Peer.FLAT and len(rows) > GRAPHS_UP_TO:
            notes[peer] = f"--peer {peer}"
        elif not peers or peer in peers:
            makers[peer] = partial(make, rows)
    programs = {}
    for number, (name, maker) in enumerate(makers.items()):
        begin = time.perf_counter()
        try:
            nearest = maker()
        except ImportError:
            notes[name] = "not installed: pip install 'visavis[peers]'"
            continue
        programs[name] = _Program(time.perf_counter() - begin, nearest)
        progress("building galleries", (number + 1) / len(makers))
    return gallery, programs, notes


def _row_of(gallery: Gallery, probe: Vectors) -> int:
    (match,) = gallery.search((Embedding(vector=probe, model=MODEL),))
    return -1 if match is None else int(match.template_id)


def _flat(rows: Vectors) -> Callable[[Vectors], int]:
    index = faiss.IndexFlatIP(rows.shape[1])
    index.add(rows)
    return lambda probe: int(index.search(probe[None], 1)[1][0, 0])


def _usearch(rows: Vectors) -> Callable[[Vectors], int]:
    from usearch.index import Index  # noqa: PLC0415 - optional

    index: Any = Index(ndim=rows.shape[1], metric="ip", dtype="f32")
    index.add(np.arange(len(rows)), rows, threads=1)
    return lambda probe: int(index.search(probe, 1, threads=1).keys[0])


def _hnswlib(rows: Vectors) -> Callable[[Vectors], int]:
    import hnswlib  # noqa: PLC0415 - optional

    index: Any = hnswlib.Index(space="ip", dim=rows.shape[1])
    index.init_index(max_elements=len(rows), ef_construction=200, M=16)
    index.add_items(rows, num_threads=1)
    index.set_ef(200)
    return lambda probe: int(index.knn_query(probe, k=1, num_threads=1)[0][0, 0])


def _timed(
    programs: dict[str, _Program], probes: Vectors, rounds: int, progress: Progress
) -> dict[str, list[tuple[float, float]]]:
    """Program -> p50 and p95 of each round, in milliseconds."""
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in programs}
    for number in range(rounds):
        for name, program in programs.items():
            p50, p95 = np.quantile(list(_each(program.nearest, probes)), (0.5, 0.95))
            times[name].append((float(p50), float(p95)))
        progress("searching galleries", (number + 1) / rounds)
    return times


def _each(nearest: Callable[[Vectors], int], probes: Vectors) -> Iterator[float]:
    for probe in probes:
        begin = time.perf_counter()
        nearest(probe)
        yield (time.perf_counter() - begin) * 1e3


def _searcher(
    name: str,
    program: _Program,
    times: Sequence[tuple[float, float]],
    probes: Vectors,
    best: NDArray[np.int64],
    ours: Sequence[tuple[float, float]] | None,
) -> Searcher:
    found = np.array([program.nearest(probe) for probe in probes])
    return Searcher(
        name=name,
        build_s=round(program.build_s, 2),
        p50_ms=Spread.of([p50 for p50, _ in times]),
        p95_ms=Spread.of([p95 for _, p95 in times]),
        agreement=float((found == best).mean()),
        times_as_fast=Spread.of([a / b for (a, _), (b, _) in zip(times, ours, strict=True)]) if ours else None,
    )


def _edited(gallery: Gallery, dim: int, rng: np.random.Generator) -> tuple[Spread, Spread, bool]:
    """Add people and drop them again, and look for them each time."""
    people = drawn_templates(EDITS, dim, clustered=False, rng=rng)
    added, dropped, seen = [], [], True
    for number, vector in enumerate(people):
        who, embedding = MemberId(f"new {number}"), Embedding(vector=vector, model=MODEL)
        begin = time.perf_counter()
        gallery.add(who, "-1", embedding)
        added.append((time.perf_counter() - begin) * 1e3)
        (match,) = gallery.search((embedding,))
        seen = seen and match is not None and match.member_id == who
        begin = time.perf_counter()
        gallery.drop(who)
        dropped.append((time.perf_counter() - begin) * 1e3)
        (match,) = gallery.search((embedding,))
        seen = seen and match is not None and match.member_id != who
    return Spread.of(added), Spread.of(dropped), seen
