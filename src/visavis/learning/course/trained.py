"""What any course gives: the card with what was measured, and the model for the registry."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from visavis.identity.closed_set import share_interval
from visavis.learning.course.card import Card, Figure, as_json, as_markdown, as_meta
from visavis.learning.course.epoch import Epoch
from visavis.learning.estimate import Estimate
from visavis.types import Artefact, ModelKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Trained:
    """What a course gave."""

    artefact: Artefact | None  # None: a baseline is measured, not served
    card: Card

    @property
    def history(self) -> tuple[Epoch, ...]:
        """The table."""
        return tuple(self.card.history)


def artefact(kind: ModelKind, scenario: str, files: Mapping[str, bytes], card: Card, now: datetime) -> Artefact:
    """The model with its card, for the registry."""
    cards = {"card.json": as_json(card), "card.md": as_markdown(card)}
    return Artefact(kind=kind, scenario=scenario, files={**files, **cards}, meta=as_meta(card), made_at=now)


def measured(
    answers: NDArray[np.int64],
    right: NDArray[np.bool_],
    losses: NDArray[np.float64],
    chances: NDArray[np.float64] | None,
) -> list[Figure]:
    """Of members that chose nothing; beside the best that anybody could reach, where that is known.

    That share compares the true chance of each first answer with that of the best answer (Bayes), so that the luck of
    the labels that were drawn is in neither.

    Args:
        answers: (N,) each member's first answer.
        right: (N,) whether it was right.
        losses: (N,) -log P of the right answer.
        chances: (N, names) probability of each answer being right, as the simulator knows it.
    """
    hits, n = int(right.sum()), len(right)
    low, high = share_interval(hits, n)
    wide = 1.96 * float(losses.std()) / n**0.5
    mean, accuracy = float(losses.mean()), hits / n
    figures = [
        Figure(name="accuracy", estimate=Estimate(value=accuracy, low=low, high=high), part="held_out"),
        Figure(name="loss", estimate=Estimate(value=mean, low=mean - wide, high=mean + wide), part="held_out"),
    ]
    if chances is not None:
        best = chances.max(axis=1)
        lost = best - chances[np.arange(n), answers]
        share, spread = 1 - float(lost.mean() / best.mean()), 1.96 * float(lost.std() / best.mean()) / n**0.5
        estimate = Estimate(value=share, low=share - spread, high=min(1.0, share + spread))
        figures.append(Figure(name="accuracy as a share of the best possible", estimate=estimate, part="held_out"))
    return figures
