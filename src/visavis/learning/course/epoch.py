"""The table of a course: how well it does, epoch by epoch, on what it learns from and on what it does not."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

PARTS = ("train", "validation", "held_out")


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """Loss and accuracy over one part of the data."""

    loss: float  # mean of -log P(right answer), in nats
    accuracy: float  # share of right answers among those given first


@dataclass(frozen=True, slots=True, kw_only=True)
class Epoch:
    """One line of the table."""

    number: int  # from 1
    lr: float  # of its last step
    train: Measure  # over the epoch, while learning
    validation: Measure  # chooses the epoch that is kept, and when to stop
    held_out: Measure  # chooses nothing: members whom neither training nor choosing has seen


def best_epoch(history: Sequence[Epoch]) -> Epoch:
    """The one whose weights are kept: least validation loss, the earlier of two.

    >>> best_epoch([_line(1, 0.5), _line(2, 0.3), _line(3, 0.3)]).number
    2
    """
    return min(history, key=lambda epoch: (epoch.validation.loss, epoch.number))


def joint(histories: Mapping[str, Sequence[Epoch]]) -> list[dict[str, float]]:
    """L = sum of the models' losses, epoch by epoch, by part; a model that stopped keeps its kept epoch's.

    >>> joint({"a": [_line(1, 0.5)], "b": [_line(1, 0.25), _line(2, 0.125)]})[1]["validation"]
    0.625
    """
    longest = max(map(len, histories.values()))
    lines = []
    for number in range(longest):
        then = [history[number] if number < len(history) else best_epoch(history) for history in histories.values()]
        lines.append({part: sum(getattr(epoch, part).loss for epoch in then) for part in PARTS})
    return lines


def curves(history: Sequence[Epoch]) -> dict[str, dict[str, list[float | None]]]:
    """As `learning.plots.plot_curves` takes it."""
    return {
        quantity: {part.replace("_", " "): [getattr(getattr(e, part), quantity) for e in history] for part in PARTS}
        for quantity in ("loss", "accuracy")
    }


def _line(number: int, loss: float) -> Epoch:
    one = Measure(loss=loss, accuracy=0.0)
    return Epoch(number=number, lr=0.0, train=one, validation=one, held_out=one)
