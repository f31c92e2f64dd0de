"""The chance of a click or a sale, learned at every event.

Three experts see the same row and are mixed by a fourth regression, all by gradient steps on the log loss:
counts     log odds of what happened before in each context, slow and fast, weighed (context mixing: Mahoney, 2005);
weights    logistic regression over the hashed contexts, AdaGrad steps (Duchi, Hazan and Singer, 2011);
numbers    logistic regression over numbers on one scale and their products.
Each adds to the log odds of the running rate, so that a rare event starts where it should.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from visavis.recommend.click_contexts import ClickColumns, Contexts, Floats, Rows

CLICKS, SHOWN, COUNTED = slice(0, 2), slice(2, 4), slice(0, 4)  # of a cell: slow and fast counts ...
WEIGHT, GRADIENT = 4, 5  # ... a weight and the sum of its squared steps
CELL = 6
BLOCK = 2048  # rows that are read together
SURE = 15.0  # log odds beyond which nobody is surer
ONE = np.float32(1.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClickRule:
    """How it learns; chosen on MovieLens ratings in order of time and on drawn logs, not on what is reported."""

    bits: int = 20  # of the hashed table: 24 bytes a cell
    prior: float = 2.0  # a context begins at the running rate b with prior / (b (1 - b)) shows
    most_prior: float = 400.0
    fast: float = 100.0  # shows that the fast count remembers
    count_rate: float = 0.07  # steps of the weights of counts
    weight_rate: float = 0.4  # of the hashed weights, over the root of how many speak at once
    number_rate: float = 0.9  # of the weights of numbers, over the root of how many there are
    mix_rate: float = 0.005
    window: float = 5000.0  # events that the running rate remembers
    prune: tuple[tuple[int, int], ...] = ((1024, 160), (4096, 64))  # events -> contexts of most use that go on


@dataclass(slots=True)
class _Seen:
    """What an update needs of the prediction before it."""

    cells: Floats  # (contexts, CELL), a copy
    inputs: Floats  # (2 contexts + dense,) log odds of the counts, then the numbers
    above: tuple[float, float, float]  # log odds of each expert, above the running rate's
    own: tuple[float, float, float]  # probability of each expert
    mixed: float


class ClickModel:
    """Predicts, then learns, one event after the other; the same rows give the same numbers."""

    def __init__(self, columns: ClickColumns, rule: ClickRule | None = None, *, seed: int = 0) -> None:
        self.columns, self.rule, self.seed = columns, rule or ClickRule(), seed
        self.contexts = Contexts(columns, bits=self.rule.bits, seed=seed)
        count, dense = self.contexts.count, self.contexts.dense_size
        self._table: Floats = np.zeros((1 << self.rule.bits, CELL), np.float32)
        # weights of the counts (two a context), then of the numbers; and the sums of their squared steps
        self._linear: Floats = np.zeros(2 * count + dense, np.float32)
        self._linear[: 2 * count] = 0.075 / math.sqrt(count)
        self._steps: Floats = np.ones(2 * count + dense, np.float32)
        self._mix = [0.4, 0.4, 0.4]
        self._clicked, self._seen = 1.0, 2.0  # of the running rate
        forget = 1.0 - 1.0 / self.rule.fast
        self._forget = np.array([1.0, forget, 1.0, forget], np.float32)
        self._shown = np.array([[0.0, 0.0, 1.0, 1.0], [1.0, 1.0, 1.0, 1.0]], np.float32)  # without a click, with one
        self._rates()

    @property
    def events(self) -> int:
        """Learned from."""
        return self.contexts.rows

    def predict(self, row: Mapping[str, Any]) -> float:
        """Probability in (0, 1)."""
        rows = Rows.of(self.columns, [row])
        return self._look(self.contexts.slots(rows)[0], self.contexts.dense(rows)[0]).mixed

    def learn(self, row: Mapping[str, Any], *, clicked: bool) -> float:
        """One event; the probability that it had before."""
        (probability,) = self.run(Rows.of(self.columns, [row]), np.array([clicked]))
        return float(probability)

    def run(
        self, rows: Rows, clicked: Sequence[bool] | NDArray[np.bool_], told: Callable[[float], None] = lambda _: None
    ) -> NDArray[np.float64]:
        """Predict each row, then learn it, in order: the probability of each before it was learned."""
        found = np.empty(len(rows))
        for begin, end in self._blocks(len(rows)):
            block = rows[begin:end]
            slots, dense = self.contexts.slots(block), self.contexts.dense(block)
            for at in range(begin, end):
                seen = self._look(slots[at - begin], dense[at - begin])
                found[at] = seen.mixed
                self._update(slots[at - begin], seen, clicked=bool(clicked[at]))
            self.contexts.observe(block)
            for events, kept in self.rule.prune:
                if self.contexts.rows == events and self.contexts.count > kept:
                    self._prune(kept)
            told(end / len(rows))
        return found

    def score(self, rows: Rows) -> NDArray[np.float64]:
        """The probability of each row, and nothing is learned."""
        found = np.empty(len(rows))
        for begin in range(0, len(rows), BLOCK):
            block = rows[begin : begin + BLOCK]
            both = zip(self.contexts.slots(block), self.contexts.dense(block, still=True), strict=True)
            found[begin : begin + BLOCK] = [self._look(slots, dense).mixed for slots, dense in both]
        return found

    def _blocks(self, rows: int) -> Iterator[tuple[int, int]]:
        begin = 0
        while begin < rows:
            until = min(self.contexts.until_cut(), BLOCK)
            ahead = [events - self.contexts.rows for events, _ in self.rule.prune if events > self.contexts.rows]
            until = min([until, *ahead])
            end = min(rows, begin + until)
            yield begin, end
            begin = end

    # ------ one event

    def _look(self, slots: NDArray[np.intp], dense: Floats) -> _Seen:
        cells = self._table.take(slots, axis=0)
        rate = self._clicked / self._seen
        odds = math.log(rate / (1.0 - rate))
        prior = min(self.rule.prior / (rate * (1.0 - rate)), self.rule.most_prior)
        clicks = cells[:, CLICKS]
        counts = clicks + np.float32(prior * rate)
        counts /= cells[:, SHOWN] - clicks + np.float32(prior - prior * rate)
        # log odds of what happened here, as many imagined shows at the running rate added, above that rate's
        inputs = np.concatenate((np.log(counts).ravel(), dense))
        split = counts.size
        inputs[:split] -= np.float32(odds)
        first = float(np.dot(self._linear[:split], inputs[:split]))
        second = float(cells[: self.contexts.plain, WEIGHT].sum())
        third = float(np.dot(self._linear[split:], dense))
        mix = self._mix
        return _Seen(
            cells=cells,
            inputs=inputs,
            above=(first, second, third),
            own=(_chance(odds + first), _chance(odds + second), _chance(odds + third)),
            mixed=_chance(odds + mix[0] * first + mix[1] * second + mix[2] * third),
        )

    def _update(self, slots: NDArray[np.intp], seen: _Seen, *, clicked: bool) -> None:
        came = float(clicked)
        by_count, by_weight, by_number = (chance - came for chance in seen.own)
        steps, split, cells = seen.inputs, 2 * len(slots), seen.cells  # the inputs are of no use after this
        steps[:split] *= np.float32(by_count)
        steps[split:] *= np.float32(by_number)
        self._steps += steps * steps
        steps *= self._rate
        steps /= np.sqrt(self._steps)
        self._linear -= steps

        plain = cells[: self.contexts.plain]
        plain[:, GRADIENT] += np.float32(by_weight * by_weight)
        plain[:, WEIGHT] -= np.float32(self._weight_rate * by_weight) / np.sqrt(plain[:, GRADIENT] + ONE)

        wrong = self.rule.mix_rate * (seen.mixed - came)
        self._mix = [weight - wrong * above for weight, above in zip(self._mix, seen.above, strict=True)]

        counted = cells[:, COUNTED]
        counted *= self._forget
        counted += self._shown[int(clicked)]
        self._table[slots] = cells

        self._clicked, self._seen = self._clicked + came, self._seen + 1.0
        if self._seen > self.rule.window:
            self._clicked, self._seen = self._clicked * self.rule.window / self._seen, self.rule.window

    def _rates(self) -> None:
        counts, dense = 2 * self.contexts.count, self.contexts.dense_size
        self._weight_rate = self.rule.weight_rate / math.sqrt(max(self.contexts.plain, 1))
        self._rate = np.full(counts + dense, self.rule.count_rate, np.float32)
        self._rate[counts:] = self.rule.number_rate / math.sqrt(dense)

    def _prune(self, kept: int) -> None:
        """Go on with the contexts whose counts moved the prediction most."""
        counts = 2 * self.contexts.count
        use = (np.abs(self._linear[:counts]) * np.sqrt(self._steps[:counts])).reshape(-1, 2).sum(axis=1)
        chosen = np.sort(np.argsort(-use, kind="stable")[:kept])
        entries = np.concatenate(
            (np.column_stack((2 * chosen, 2 * chosen + 1)).ravel(), np.arange(counts, len(self._linear)))
        )
        self.contexts.keep(chosen)
        self._linear, self._steps = self._linear[entries], self._steps[entries]
        self._rates()

    # ------ keeping

    def state(self) -> dict[str, NDArray[np.float64]]:
        """All that was learned, as arrays; cells that were never used are left out."""
        used = np.flatnonzero(self._table[:, SHOWN].any(axis=1))
        return {
            **self.contexts.state(),
            "used": used.astype(np.float64),
            "cells": self._table[used].astype(np.float64),
            "linear": np.vstack([self._linear, self._steps]).astype(np.float64),
            "mix": np.array([*self._mix, self._clicked, self._seen]),
        }

    @classmethod
    def restored(
        cls,
        state: Mapping[str, NDArray[np.float64]],
        columns: ClickColumns,
        rule: ClickRule | None = None,
        *,
        seed: int = 0,
    ) -> Self:
        """From `state()` of a model of the same columns, rule and seed: it goes on as that one would."""
        model = cls(columns, rule, seed=seed)
        model.contexts.restore(state)
        model._table[state["used"].astype(np.intp)] = state["cells"]
        model._linear, model._steps = (row.astype(np.float32) for row in state["linear"])
        model._mix = state["mix"][:3].tolist()
        model._clicked, model._seen = (float(number) for number in state["mix"][3:])
        model._rates()
        return model


def _chance(log_odds: float) -> float:
    return 1.0 / (1.0 + math.exp(-min(max(log_odds, -SURE), SURE)))
