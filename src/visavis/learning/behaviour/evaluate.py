"""How well is behaviour foretold, on anybody's events? Learned from the past, stopped by what followed, then asked."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from visavis.behaviour.encode import Vocabulary
from visavis.behaviour.series import Series, moment
from visavis.errors import InputRefused
from visavis.learning.behaviour.answers import NOT_ASKED, Given, majority, of_network, of_rules
from visavis.learning.behaviour.log_file import Labelled
from visavis.learning.behaviour.recipe import Recipe
from visavis.learning.behaviour.sequences import NONE, Sequences, sequences
from visavis.learning.behaviour.train import Epoch, fit, start
from visavis.learning.estimate import Estimate

DRAWS = 1000  # of members with replacement, for intervals
TOP = 10
Progress = Callable[[str, float], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class NextItem:
    """Of the events whose next item was asked."""

    asked: int
    hit_rate: Estimate  # HR@10
    ndcg: Estimate  # NDCG@10


@dataclass(frozen=True, slots=True, kw_only=True)
class Classes:
    """Of the events whose class was asked."""

    asked: int
    accuracy: Estimate
    log_loss: Estimate  # mean -log P of the right class, in nats


@dataclass(frozen=True, slots=True, kw_only=True)
class NextVisit:
    """Of the events behind which a visit came before the log ended."""

    asked: int
    error_h: Estimate  # median of the absolute error, in hours
    within_twice: Estimate  # share within a factor of two


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """One way to answer; None where the file has no such question."""

    name: str
    next_item: NextItem | None
    classes: Classes | None
    next_visit: NextVisit | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BehaviourReport:
    """What was measured, on what."""

    members: int
    events: Mapping[str, int]  # part -> events
    validation_from: datetime
    test_from: datetime
    masked: bool  # items that a member had met do not compete: nobody meets an item twice in these data
    waiting: int  # events of the test after which no visit came before the log ended
    network: Answered
    beside: tuple[Answered, ...]
    confusion: Mapping[str, Mapping[str, int]]  # right class -> answered class -> events
    history: tuple[Epoch, ...]


def evaluate_behaviour(
    log: Labelled,
    recipe: Recipe,
    *,
    validation_share: float,
    test_share: float,
    told: Callable[[Epoch], None] = lambda _epoch: None,
    progress: Progress = lambda _step, _share: None,
) -> BehaviourReport:
    """Cut the log at two moments: learn from what was before the first, stop by what was before the second.

    Args:
        log: events and classes.
        recipe: of the network.
        validation_share: of all events, right before the test.
        test_share: of all events, the last ones.
        told: called with each epoch as it ends.
        progress: told of the share that is done.

    Raises:
        InputRefused: too few events on a side, or one class alone before the first moment.
    """
    series, labels = log.series, log.labels
    first, second = (int(np.quantile(series.at, 1 - share)) for share in (validation_share + test_share, test_share))
    if not series.at.min() < first < second < series.at.max():
        raise InputRefused("the events lie too close together in time to be cut into three parts")
    early = series.at < second
    known = Vocabulary(
        kinds=series.kinds, items=series.items, placements=series.placements, classes=log.classes or ("any",)
    )
    data = _answers(series.where(early), known, first, labels[early])
    test = _answers(series, known, second, labels)
    _check(log, data, test)
    recipe = _asked(recipe, log, series)
    run = start(recipe, known, data)
    fit(data, recipe, run, keep=lambda so_far: told(so_far.history[-1]), progress=progress)
    masked, count = _no_repeats(series.where(early)), len(known.classes)
    network = run.best_network()
    given = of_network(network, test, classes=count, longest=recipe.longest, masked=masked, seed=recipe.seed)
    rules = of_rules(series, test, classes=count, masked=masked, seed=recipe.seed)
    common = replace(rules, classes=np.tile(majority(test, count).astype(np.float32), (len(series), 1)))
    measured = _Measuring(series=series, test=test, recipe=recipe)
    beside = [measured.of("plainest", rules)]
    if recipe.behaviour:
        beside.append(measured.classes_of("commonest class", common))
    return BehaviourReport(
        members=len(series.members),
        events={
            "training": int((series.at < first).sum()),
            "validation": int((early & (series.at >= first)).sum()),
            "test": int((~early).sum()),
        },
        validation_from=moment(first),
        test_from=moment(second),
        masked=masked,
        waiting=int((np.isfinite(test.validation.visit_s) & ~test.validation.visited).sum()),
        network=measured.of("network", given),
        beside=tuple(beside),
        confusion=_confusion(log.classes, test, given) if recipe.behaviour else {},
        history=tuple(run.history),
    )


def _answers(series: Series, known: Vocabulary, cut: int, labels: NDArray[np.int64]) -> Sequences:
    fence = np.bincount(series.whose[series.at < cut], minlength=len(series.members))
    return sequences(series, known, fence=fence, until=np.full(len(fence), cut), labels=labels)


def _check(log: Labelled, data: Sequences, test: Sequences) -> None:
    if log.classes and len(np.unique(data.training.label[data.training.label != NONE])) < 2:
        raise InputRefused("there are not two classes before the first moment: nothing can be told apart")
    for part, asked in (("validation", data), ("test", test)):
        known = np.repeat(asked.fence, np.diff(asked.starts)) > 0
        if not (known & ((asked.validation.item != NONE) | (asked.validation.label != NONE))).any():
            raise InputRefused(f"nobody who was there before comes again in the {part} part: take a larger share")


def _asked(recipe: Recipe, log: Labelled, series: Series) -> Recipe:
    """Without the heads about which the file says nothing."""
    return replace(
        recipe,
        next_item=recipe.next_item if series.items else 0.0,
        behaviour=recipe.behaviour if log.classes else 0.0,
    )


def _no_repeats(series: Series) -> bool:
    """Whether nobody meets an item twice."""
    own = series.item >= 0
    pairs = series.whose[own] * max(1, len(series.items)) + series.item[own]
    return len(np.unique(pairs)) == len(pairs)


def _confusion(classes: tuple[str, ...], test: Sequences, given: Given) -> dict[str, dict[str, int]]:
    rows = np.flatnonzero((test.validation.label != NONE) & np.isfinite(given.classes[:, 0]))
    right, said = test.validation.label[rows], given.classes[rows].argmax(axis=1)
    return {
        name: {other: int(((right == k) & (said == j)).sum()) for j, other in enumerate(classes)}
        for k, name in enumerate(classes)
    }


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Measuring:
    """Every way to answer is asked about the same events."""

    series: Series
    test: Sequences
    recipe: Recipe

    def of(self, name: str, given: Given) -> Answered:
        return Answered(
            name=name,
            next_item=self._items(given) if self.recipe.next_item else None,
            classes=self._classes(given) if self.recipe.behaviour else None,
            next_visit=self._visits(given),
        )

    def classes_of(self, name: str, given: Given) -> Answered:
        classes = self._classes(given) if self.recipe.behaviour else None
        return Answered(name=name, next_item=None, classes=classes, next_visit=None)

    def _of_those_known(self, rows: NDArray[np.bool_]) -> NDArray[np.int64]:
        """Of members whom training has seen: nobody answers about the others."""
        return np.flatnonzero(rows & (np.repeat(self.test.fence, np.diff(self.test.starts)) > 0))

    def _items(self, given: Given) -> NextItem | None:
        rows = self._of_those_known((self.test.validation.item != NONE) & (given.rank != NOT_ASKED))
        if not len(rows):
            return None
        rank = given.rank[rows]
        gain = np.where(rank < TOP, 1 / np.log2(rank + 2.0), 0.0)
        hits = (rank < TOP).astype(float)
        return NextItem(asked=len(rows), hit_rate=self._mean(hits, rows), ndcg=self._mean(gain, rows))

    def _classes(self, given: Given) -> Classes | None:
        rows = self._of_those_known(self.test.validation.label != NONE)
        if not len(rows):
            return None
        label, chances = self.test.validation.label[rows], given.classes[rows].astype(float)
        right = (chances.argmax(axis=1) == label).astype(float)
        loss = -np.log(np.maximum(chances[np.arange(len(rows)), label], 1e-12))
        return Classes(asked=len(rows), accuracy=self._mean(right, rows), log_loss=self._mean(loss, rows))

    def _visits(self, given: Given) -> NextVisit | None:
        answers = self.test.validation
        rows = self._of_those_known(np.isfinite(answers.visit_s) & answers.visited)
        if not len(rows) or not self.recipe.next_visit:
            return None
        came, said = answers.visit_s[rows].astype(float), given.visit_s[rows].astype(float)
        near = np.abs(np.log(np.maximum(said, 1)) - np.log(np.maximum(came, 1))) <= np.log(2)
        error = self._estimate(np.abs(came - said) / 3600, rows, np.median)
        return NextVisit(asked=len(rows), error_h=error, within_twice=self._mean(near.astype(float), rows))

    def _mean(self, values: NDArray[np.float64], rows: NDArray[np.int64]) -> Estimate:
        """With the interval of drawing members again: events of one member are not independent."""
        whose = self.series.whose[rows]
        _, whose = np.unique(whose, return_inverse=True)
        total, count = np.bincount(whose, values), np.bincount(whose)
        drawn = self._rng().integers(0, len(total), (DRAWS, len(total)))
        means = total[drawn].sum(axis=1) / count[drawn].sum(axis=1)
        low, high = np.quantile(means, [0.025, 0.975])
        return Estimate(value=float(values.mean()), low=float(low), high=float(high))

    def _estimate(
        self, values: NDArray[np.float64], rows: NDArray[np.int64], what: Callable[[NDArray[np.float64]], np.floating]
    ) -> Estimate:
        rng, groups = self._rng(), np.split(values, np.flatnonzero(np.diff(self.series.whose[rows])) + 1)
        again = [
            what(np.concatenate([groups[k] for k in rng.integers(0, len(groups), len(groups))]))
            for _ in range(DRAWS // 5)
        ]
        low, high = np.quantile(again, [0.025, 0.975])
        return Estimate(value=float(what(values)), low=float(low), high=float(high))

    def _rng(self) -> np.random.Generator:
        return np.random.default_rng([self.recipe.seed, 2])
