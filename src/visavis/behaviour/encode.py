"""Events as the behaviour network takes them. Training and serving encode by this one function.

An event is three whole numbers and four decimals:

    kind, item, placement          0: none, or not known to the network; else 1 + place in the vocabulary
    value, dwell, gap, first       asinh(value) / 4, log(1 + dwell seconds) / 8, log(1 + gap seconds) / 16, 1 or 0

The decimals are computed one by one in double precision and rounded once: the same event gives the same bits, alone
or among a million.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import starmap
from typing import Any

import numpy as np
from numpy.typing import NDArray

from visavis.behaviour.series import Series
from visavis.errors import ModelRefused
from visavis.types import Event

NAMES, DECIMALS = 3, 4  # columns of the two arrays
MOST_NAMES = 1_000_000  # of kinds, items or placements


@dataclass(frozen=True, kw_only=True)
class Vocabulary:
    """What a network knows by name; an unknown name is number 0."""

    kinds: tuple[str, ...]
    items: tuple[str, ...] = field(repr=False)
    placements: tuple[str, ...]
    classes: tuple[str, ...]  # of behaviour, in the order of the network's probabilities

    @cached_property
    def kind(self) -> Mapping[str, int]:
        """Number of each kind."""
        return _numbers(self.kinds)

    @cached_property
    def item(self) -> Mapping[str, int]:
        """Number of each item."""
        return _numbers(self.items)

    @cached_property
    def placement(self) -> Mapping[str, int]:
        """Number of each placement."""
        return _numbers(self.placements)

    def document(self) -> dict[str, list[str]]:
        """As it is written beside a network."""
        return {name: list(getattr(self, name)) for name in ("kinds", "items", "placements", "classes")}

    @classmethod
    def from_document(cls, document: Any) -> "Vocabulary":
        """Raises ModelRefused for anything but four lists of distinct names."""
        names = {name: _names(document, name) for name in ("kinds", "items", "placements", "classes")}
        return cls(**names)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Encoded:
    """Events, one a row."""

    names: NDArray[np.int64]  # (N, 3): kind, item, placement
    decimals: NDArray[np.float32]  # (N, 4): value, dwell, gap, first


def encode(events: Sequence[Event], gaps_s: Sequence[float | None], vocabulary: Vocabulary) -> Encoded:
    """Events that arrive, each with the seconds since its member's event before; None for their first."""
    kind, item, placement = vocabulary.kind, vocabulary.item, vocabulary.placement
    names = [(kind.get(e.kind, 0), item.get(e.item_id or "", 0), placement.get(e.placement or "", 0)) for e in events]
    rows = [_decimals(e.value, e.dwell_s, gap) for e, gap in zip(events, gaps_s, strict=True)]
    return Encoded(
        names=np.array(names, np.int64).reshape(-1, NAMES), decimals=np.array(rows, np.float32).reshape(-1, DECIMALS)
    )


def encode_series(series: Series, vocabulary: Vocabulary) -> Encoded:
    """All events of a series, in its order."""
    columns = (
        _renumbered(series.kind, series.kinds, vocabulary.kind),
        _renumbered(series.item, series.items, vocabulary.item),
        _renumbered(series.placement, series.placements, vocabulary.placement),
    )
    gaps: list[float | None] = (np.diff(series.at, prepend=0) / 1e6).tolist()
    for first in series.starts[:-1][np.diff(series.starts) > 0].tolist():
        gaps[first] = None
    rows = starmap(_decimals, zip(series.value.tolist(), series.dwell_s.tolist(), gaps, strict=True))
    decimals = np.fromiter((number for row in rows for number in row), np.float32, len(series) * DECIMALS)
    return Encoded(names=np.stack(columns, axis=1), decimals=decimals.reshape(-1, DECIMALS))


def _decimals(value: float, dwell_s: float, gap_s: float | None) -> tuple[float, float, float, float]:
    gap, first = (0.0, 1.0) if gap_s is None else (math.log1p(gap_s), 0.0)
    return math.asinh(value) / 4, math.log1p(dwell_s) / 8, gap / 16, first


def _renumbered(column: NDArray[np.int32], names: Sequence[str], numbers: Mapping[str, int]) -> NDArray[np.int64]:
    """Numbers of a series -> numbers of the network; the series' -1 is the last row of the table."""
    table = np.array([*(numbers.get(name, 0) for name in names), 0], np.int64)
    return table[column]


def _numbers(names: Sequence[str]) -> dict[str, int]:
    return {name: number for number, name in enumerate(names, start=1)}


def _names(document: Any, name: str) -> tuple[str, ...]:
    given = document.get(name) if isinstance(document, dict) else None
    right = isinstance(given, list) and len(given) <= MOST_NAMES and all(isinstance(word, str) for word in given)
    if not right or len(set(given or ())) != len(given or ()):
        raise ModelRefused(f"the network's {name} must be a list of at most {MOST_NAMES} distinct names")
    return tuple(given or ())
