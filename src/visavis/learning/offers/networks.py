"""Networks that read a member's events and tell one logit a class, or an offer.

Shapes: B members, T events, K kinds, I items, Q steps of a staircase, W width, C classes.
"""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

STEPS = 32  # of the staircase that a number is read by
NUMBERS = 3  # value, dwell, age
VOTES, SUMS = 64, 16  # V, U: what an event says
DECADES, PITCH = 16.0, 0.25  # of the logarithm of a sum: its range, and the height of a step


class Network(StrEnum):
    """The networks that can be trained."""

    SETS = "sets"  # ours: each event by itself, summed, then a deep network
    REFERENCE = "reference"  # Embedding 64, Dense 128, Dense 1024, softmax: the baseline


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Shape:
    """What the data ask for."""

    kinds: int
    items: int
    classes: int
    stairs: NDArray[np.float32]  # (K + 1, 3, Q): quantiles of each number's logarithm, of each kind


def stairs(kind: NDArray[np.int64], numbers: NDArray[np.float32], kinds: int) -> NDArray[np.float32]:
    """Quantiles of log(1 + number) by kind, from members that are learned from.

    Args:
        kind: (B, T) 0 none.
        numbers: (B, T, 3).
        kinds: K.
    """
    found = np.zeros((kinds + 1, NUMBERS, STEPS), np.float32)
    levels = (np.arange(STEPS) + 0.5) / STEPS
    for k in range(1, kinds + 1):
        rows = signed_log(numbers[kind == k].astype(np.float64))
        if len(rows):
            found[k] = np.quantile(rows, levels, axis=0).T
    return found


def signed_log(numbers: NDArray[np.float64]) -> NDArray[np.float64]:
    """sign(x) log(1 + |x|)."""
    return np.asarray(np.sign(numbers) * np.log1p(np.abs(numbers)))


class Events(nn.Module):
    """(B, T) kinds and items and (B, T, 3) numbers -> (B, T, 32 + 32 + 3 Q + 3) features of each event."""

    edges: Tensor
    gaps: Tensor

    def __init__(self, shape: Shape, embedding: int = 32) -> None:
        super().__init__()
        self.kinds = nn.Embedding(shape.kinds + 1, embedding)
        self.items = nn.Embedding(shape.items + 1, embedding)
        edges = torch.from_numpy(shape.stairs)  # (K + 1, 3, Q)
        gaps = torch.diff(edges, dim=2, append=edges[:, :, -1:] + 1).clamp(min=1e-3)
        self.register_buffer("edges", edges.flatten(1))  # (K + 1, 3 Q)
        self.register_buffer("gaps", gaps.flatten(1))
        self.size = 2 * embedding + NUMBERS * STEPS + NUMBERS

    def forward(self, kind: Tensor, item: Tensor, numbers: Tensor) -> Tensor:
        logs = numbers.sign() * numbers.abs().log1p()  # (B, T, 3)
        edges = functional.embedding(kind, self.edges)  # (B, T, 3 Q)
        gaps = functional.embedding(kind, self.gaps)
        level = logs.repeat_interleave(STEPS, dim=2)  # (B, T, 3 Q)
        steps = ((level - edges) / gaps).clamp(0, 1)  # piecewise linear (Gorishniy et al. 2022, arXiv:2203.05556)
        return torch.cat([self.kinds(kind), self.items(item), steps, logs / 8], dim=2)


class Sets(nn.Module):
    """Deep sets (Zaheer et al. 2017, arXiv:1703.06114): each event says something by itself, and that is summed.

    An event votes (in (0, 1) for each of V questions) and says how much of its value counts towards each of U sums.
    Votes are added up; the sums are read by the logarithm, with a staircase, so that a border within some per cent
    is found.
    """

    levels: Tensor

    def __init__(self, shape: Shape, width: int, depth: int, dropout: float) -> None:
        super().__init__()
        self.events = Events(shape)
        self.says = nn.Sequential(nn.Linear(self.events.size, width), nn.GELU(), nn.Linear(width, VOTES + SUMS))
        self.kinds = shape.kinds
        self.register_buffer("levels", torch.arange(0.0, DECADES, PITCH))  # (S,)
        pooled = 3 * VOTES + shape.kinds + (SUMS + 1) * (1 + len(self.levels))
        layers: list[nn.Module] = [nn.BatchNorm1d(pooled)]
        for number in range(depth):
            layers += [nn.Linear(pooled if number == 0 else width, width), nn.GELU(), nn.Dropout(dropout)]
        self.decides = nn.Sequential(*layers, nn.Linear(width if depth else pooled, shape.classes))

    def forward(self, kind: Tensor, item: Tensor, numbers: Tensor) -> Tensor:
        there = (kind > 0).unsqueeze(2).to(numbers.dtype)  # (B, T, 1)
        said = self.says(self.events(kind, item, numbers)).sigmoid() * there  # (B, T, V + U)
        votes, counted = said[:, :, :VOTES].sum(dim=1), said[:, :, VOTES:]  # (B, V), (B, T, U)
        worth = (counted * numbers[:, :, :1].abs()).sum(dim=1).log1p()  # (B, U)
        count = there.sum(dim=1)  # (B, 1)
        of_kind = functional.one_hot(kind, self.kinds + 1)[:, :, 1:].to(numbers.dtype).sum(dim=1)  # (B, K)
        logs = torch.cat([worth, count.log1p()], dim=1)  # (B, U + 1)
        steps = ((logs.unsqueeze(2) - self.levels) / PITCH).clamp(0, 1).flatten(1)  # (B, (U + 1) S)
        share = votes / count.clamp(min=1)
        pooled = torch.cat([votes / 16, votes.log1p(), share, of_kind.log1p(), logs, steps], dim=1)
        return self.decides(pooled)  # type: ignore[no-any-return]  # nn.Module gives Any


class EmbeddingReference(nn.Module):
    """Embedding 64 of each event's kind and item, their mean, Dense 128, Dense 1024, softmax: the baseline."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.items = shape.items
        self.embedding = nn.Embedding((shape.kinds + 1) * (shape.items + 1), 64)
        self.dense = nn.Sequential(
            nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, 1024), nn.ReLU(), nn.Linear(1024, shape.classes)
        )

    def forward(self, kind: Tensor, item: Tensor, numbers: Tensor) -> Tensor:
        there = (kind > 0).unsqueeze(2).to(numbers.dtype)  # (B, T, 1)
        words = self.embedding(kind * (self.items + 1) + item) * there  # (B, T, 64)
        return self.dense(words.sum(dim=1) / there.sum(dim=1).clamp(min=1))  # type: ignore[no-any-return]


def build(network: Network, shape: Shape, *, width: int, depth: int, dropout: float) -> nn.Module:
    """A network with random weights: kinds, items, numbers -> logits (B, C)."""
    match network:
        case Network.SETS:
            return Sets(shape, width, depth, dropout)
        case Network.REFERENCE:
            return EmbeddingReference(shape)
