"""From a series to what the network learns: what it sees after each event, and what came next.

A fence stands in each member's events. Training sees what lies before it and is asked about nothing else; validation
goes through the same events and is asked about what lies behind the fence. So no step of training knows the future.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from visavis.behaviour.encode import Encoded, Vocabulary, encode_series
from visavis.behaviour.series import Series
from visavis.behaviour.traits import VISIT_GAP
from visavis.errors import InputRefused

NONE = -1


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Answers:
    """To the three questions after each event; NONE, or not a number, where nothing may be asked."""

    item: NDArray[np.int64] = field(repr=False)  # (N,): number from 0 of the item of the next event, or NONE
    label: NDArray[np.int64] = field(repr=False)  # (N,): class at this event, or NONE
    visit_s: NDArray[np.float32] = field(repr=False)  # (N,): seconds to the next visit, or how long none was seen
    visited: NDArray[np.bool_] = field(repr=False)  # (N,): whether it was seen


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sequences:
    """Every event of every member, and what came after it as training and as validation know it."""

    encoded: Encoded = field(repr=False)
    starts: NDArray[np.int64] = field(repr=False)  # (M + 1,)
    fence: NDArray[np.int64] = field(repr=False)  # (M,): events of each member that training sees
    training: Answers
    validation: Answers


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Batch:
    """Sequences of about one length, and where they are asked."""

    names: Tensor  # (B, T, 3)
    decimals: Tensor  # (B, T, D)
    where: Tensor  # (P,): rows of (B * T) that are asked
    rows: NDArray[np.int64]  # (P,): the same as rows of the series


def sequences(
    series: Series,
    vocabulary: Vocabulary,
    *,
    fence: NDArray[np.int64],
    until: NDArray[np.int64],
    labels: NDArray[np.int64] | None = None,
) -> Sequences:
    """Encode a series and answer the three questions.

    Args:
        series: the events.
        vocabulary: what the network knows.
        fence: (M,) events of each member that training sees.
        until: (M,) microseconds up to which training has watched each member.
        labels: (N,) number of the class at each event, NONE where nobody knows.

    Raises:
        InputRefused: training sees less than two events of everybody.
    """
    counts = np.diff(series.starts)
    if not len(counts) or int(np.minimum(fence, counts).max()) < 2:
        raise InputRefused("nobody has two events to learn from")
    encoded = encode_series(series, vocabulary)
    place = np.arange(len(series)) - np.repeat(series.starts[:-1], counts)
    before, asked = place < np.repeat(fence, counts), place >= np.repeat(fence, counts) - 1
    label = np.full(len(series), NONE) if labels is None else labels
    following = np.append(encoded.names[1:, 1] - 1, NONE)  # unknown items become NONE
    following[series.starts[1:][counts > 0] - 1] = NONE  # nothing is behind a member's last event
    whole = _visits(series, np.full(len(counts), series.at.max()))
    seen = _visits(series.where(before), until)
    known_s, known = np.full(len(series), np.nan, np.float32), np.zeros(len(series), dtype=bool)
    known_s[before], known[before] = seen
    return Sequences(
        encoded=encoded,
        starts=series.starts,
        fence=np.minimum(fence, counts),
        training=Answers(
            item=np.where(before & ~asked, following, NONE),  # the item behind the fence is not training's to know
            label=np.where(before, label, NONE),
            visit_s=known_s,
            visited=known,
        ),
        validation=Answers(
            item=np.where(asked, following, NONE),
            label=np.where(before, NONE, label),
            visit_s=np.where(asked, whole[0], np.float32(np.nan)),
            visited=whole[1],
        ),
    )


def _visits(series: Series, until: NDArray[np.int64]) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Seconds from each event to the beginning of the member's next visit, or to the end of watching; which it is."""
    n, counts = len(series), np.diff(series.starts)
    parts = np.append(np.diff(series.at) > VISIT_GAP.total_seconds() * 1e6, False)  # a new visit begins right behind
    parts[series.starts[1:][counts > 0] - 1] = False
    parting = np.minimum.accumulate(np.where(parts, np.arange(n), n)[::-1])[::-1]  # first such row from here on
    visited = parting < np.repeat(series.starts[1:], counts)
    then = np.where(visited, series.at[np.minimum(parting + 1, n - 1)], np.repeat(until, counts))
    return (np.maximum(then - series.at, 0) / 1e6).astype(np.float32), visited


def training_batches(data: Sequences, *, size: int, longest: int, rng: np.random.Generator) -> Iterator[Batch]:
    """Every event before the fences once, in pieces of at most `longest`; the order of batches is drawn."""
    pieces = _pieces(data.starts[:-1], data.fence, longest)
    lengths = (pieces[:, 1] - pieces[:, 0]) * rng.uniform(0.8, 1.25, len(pieces))  # who meets whom differs
    order = np.argsort(lengths, kind="stable")
    groups = [order[i : i + size] for i in range(0, len(order), size)]
    for number in rng.permutation(len(groups)):
        chosen = pieces[groups[number]]
        yield _batch(data, chosen, chosen[:, 0])


def validation_batches(data: Sequences, *, size: int, longest: int) -> Iterator[Batch]:
    """Each member's events with the questions behind the fence: asked from the last event before it on."""
    counts = np.diff(data.starts)
    members = np.flatnonzero((data.fence < counts) & (data.fence > 0))
    members = members[np.argsort(counts[members], kind="stable")]
    for i in range(0, len(members), size):
        chosen = members[i : i + size]
        asked, ends = data.starts[chosen] + data.fence[chosen] - 1, data.starts[chosen] + counts[chosen]
        begins = np.maximum(data.starts[chosen], np.minimum(asked, ends - longest))
        yield _batch(data, np.stack([begins, ends], axis=1), asked)


def count_batches(data: Sequences, *, size: int, longest: int) -> int:
    """Number of training batches of an epoch."""
    return math.ceil(len(_pieces(data.starts[:-1], data.fence, longest)) / size)


def _pieces(begins: NDArray[np.int64], lengths: NDArray[np.int64], longest: int) -> NDArray[np.int64]:
    """(P, 2): first row and row behind the last, of members with at least two events."""
    parts = [
        (begin + max(0, length - (k + 1) * longest), begin + length - k * longest)
        for begin, length in zip(begins.tolist(), lengths.tolist(), strict=True)
        if length > 1
        for k in range(-(-length // longest))
    ]
    return np.array(parts, np.int64)


def _batch(data: Sequences, pieces: NDArray[np.int64], asked_from: NDArray[np.int64]) -> Batch:
    """Pieces padded at the end, which what is remembered before it does not see."""
    lengths = pieces[:, 1] - pieces[:, 0]
    offsets = np.arange(lengths.max())  # (T,)
    rows = pieces[:, :1] + offsets  # (B, T)
    inside = offsets < lengths[:, None]
    asked = inside & (rows >= asked_from[:, None])
    rows = np.where(inside, rows, 0)
    names, decimals = data.encoded.names[rows], data.encoded.decimals[rows]
    names[~inside], decimals[~inside] = 0, 0
    return Batch(
        names=torch.from_numpy(names),
        decimals=torch.from_numpy(decimals),
        where=torch.from_numpy(np.flatnonzero(asked)),
        rows=rows[asked],
    )
