"""How well a model does that predicts each row before it learns it: prequential evaluation of the click model."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from visavis.errors import ExtraMissing, TableInvalid
from visavis.learning.estimate import Estimate
from visavis.learning.plots import new_figure, save_figure
from visavis.learning.tables import Column, Kind, column_names, numbered, read_table
from visavis.recommend.click import ClickModel, ClickRule
from visavis.recommend.click_contexts import ClickColumns, Rows, code

Progress = Callable[[str, float], None]
Floats = NDArray[np.float64]

TENTHS = 10
RESAMPLES = 200
YES = frozenset({"1", "true", "t", "yes", "y", "click", "clicked"})  # that are the event, where a label is text
CERTAIN = 1e-7
BITS = 22  # of the model's table: a file has more contexts than a site
PEER_SETTINGS = {  # its options, and whether whole numbers are names to it
    "Vowpal Wabbit": ("", False),
    "Vowpal Wabbit -q ::": ("-q ::", False),
    "Vowpal Wabbit, whole numbers as names": ("", True),
    "Vowpal Wabbit -q ::, whole numbers as names": ("-q ::", True),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Log:
    """A file of rows in the order of time."""

    columns: ClickColumns
    rows: Rows
    clicked: NDArray[np.bool_]
    cells: Mapping[str, NDArray[Any]]  # as they were read, for peers
    positive: str  # the value of the label that counts


@dataclass(frozen=True, slots=True, kw_only=True)
class Tenth:
    """One part of the file; None where it has one class only."""

    rows: int
    rate: float  # of the label
    auc: float | None
    log_loss: float
    nightly_auc: float | None
    nightly_log_loss: float | None  # None: before the first night


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """A way to predict, on all rows from the second tenth on."""

    name: str
    auc: Estimate
    log_loss: float
    gain: Estimate | None  # AUC that ours has more, on the same rows


@dataclass(frozen=True, slots=True, kw_only=True)
class OnlineReport:
    """What was found."""

    rows: int
    positive: str
    rate: float
    categories: tuple[str, ...]
    numbers: tuple[str, ...]
    auc: Estimate  # of all rows
    log_loss: float
    calibration: float  # clicks expected over clicks that came
    events_per_s: float  # predicted and learned, reading of cells into numbers counted too
    tenths: tuple[Tenth, ...]
    compared: tuple[Compared, ...]


# ------ reading


def read_log(
    path: Path, label: str, *, drop: Sequence[str] = (), positive: str | None = None, empty: bool = False
) -> Log:
    """Rows of a CSV or Parquet file.

    Args:
        path: the file, oldest row first.
        label: column that says whether it happened.
        drop: columns that are not looked at.
        positive: value of the label that counts; without one the larger number, or the text that says yes.
        empty: empty cells are a value of their own; otherwise an empty number is refused.

    Raises:
        TableInvalid: names row and column.
        TableEmpty: there is no row.
    """
    names = column_names(path)
    for name in (label, *drop):
        if name not in names:
            raise TableInvalid(f"{path.name}: there is no column {name!r}; the file has {', '.join(names[:40])}")
    inputs = [name for name in names if name != label and name not in drop]
    if not inputs:
        raise TableInvalid(f"{path.name}: no column is left to predict from; drop fewer")
    wanted = {name: Column(kind=Kind.EITHER, empty=True) for name in inputs}
    cells = read_table(path, {label: Column(kind=Kind.EITHER), **wanted})
    answers, meant = _answers(path, label, cells[label], positive)
    columns, rows = _rows(path, {name: cells[name] for name in inputs}, empty=empty)
    return Log(
        columns=columns, rows=rows, clicked=answers, cells={name: cells[name] for name in inputs}, positive=meant
    )


def _answers(path: Path, label: str, cells: NDArray[Any], positive: str | None) -> tuple[NDArray[np.bool_], str]:
    where = f"{path.name}: column {label}"
    texts = [f"{cell:g}" if isinstance(cell, float) else str(cell) for cell in cells.tolist()]
    values = sorted(set(texts), key=(lambda text: (float(text), text)) if cells.dtype.kind == "f" else str)
    if len(values) < 2:
        raise TableInvalid(f"{where}: every row says {values[0][:32]!r}; two classes are needed")
    if positive is None:
        if len(values) > 2:
            raise TableInvalid(f"{where}: {len(values):,} values where two are expected; say which one counts")
        said = [value for value in values if value.lower() in YES]
        positive = said[0] if len(said) == 1 else values[-1]
    if positive not in values:
        raise TableInvalid(f"{where}: no row says {positive[:32]!r}")
    return np.array([text == positive for text in texts]), positive


def _rows(path: Path, cells: Mapping[str, NDArray[Any]], *, empty: bool) -> tuple[ClickColumns, Rows]:
    categories: dict[str, NDArray[np.uint64]] = {}
    numbers: dict[str, Floats] = {}
    for name, column in cells.items():
        if column.dtype.kind != "f":
            categories[name] = _codes(name, column)
            continue
        there = np.isfinite(column)
        if not there.all():
            if not empty:
                read_table(path, {name: Column(kind=Kind.NUMBER)})  # raises, with the row
            categories[f"{name} is there"] = _codes(f"{name} is there", there)
        numbers[name] = np.where(there, column, 0.0)
        if (numbers[name] == np.floor(numbers[name])).all():
            categories[name] = _codes(name, column)  # a number, and a name: of a place, an hour, a product
    count = len(next(iter(cells.values())))
    return ClickColumns(categories=tuple(categories), numbers=tuple(numbers)), Rows(
        categories=np.column_stack([np.zeros((count, 0), np.uint64), *categories.values()]),
        numbers=np.column_stack([np.zeros((count, 0)), *numbers.values()]),
    )


def _codes(name: str, column: NDArray[Any]) -> NDArray[np.uint64]:
    if column.dtype.kind == "O":
        places, values = numbered(column)
        return np.array([code(name, value) for value in values], np.uint64)[places]
    found, places = np.unique(column, return_inverse=True)
    return np.array([code(name, value) for value in found.tolist()], np.uint64)[places]


# ------ evaluating


def evaluate_online(log: Log, *, seed: int, peers: bool, progress: Progress) -> OnlineReport:
    """Each row is predicted, then learned; beside it the same model as it was the night before, a tenth being a day."""
    rows, clicked = log.rows, log.clicked
    model = ClickModel(log.columns, ClickRule(bits=BITS), seed=seed)
    ends = np.linspace(0, len(rows), TENTHS + 1).astype(int)
    live, nightly, taken = np.empty(len(rows)), np.full(len(rows), np.nan), 0.0
    for number, (begin, end) in enumerate(pairwise(ends)):
        if number and end > begin:
            nightly[begin:end] = model.score(rows[begin:end])
        since = time.perf_counter()
        live[begin:end] = model.run(rows[begin:end], clicked[begin:end])
        taken += time.perf_counter() - since
        progress("learning row by row", (number + 1) / TENTHS)
    others = {"the same model, learning at night": nightly}
    if peers:
        others |= {name: _vowpal_wabbit(log, *setting, progress) for name, setting in PEER_SETTINGS.items()}
    rng = np.random.default_rng(seed)
    return OnlineReport(
        rows=len(rows),
        positive=log.positive,
        rate=float(clicked.mean()),
        categories=log.columns.categories,
        numbers=log.columns.numbers,
        auc=_estimate(clicked, [live], rng)[0],
        log_loss=log_loss(clicked, live),
        calibration=float(live.sum() / clicked.sum()),
        events_per_s=len(rows) / taken,
        tenths=tuple(
            _tenth(clicked[begin:end], live[begin:end], nightly[begin:end] if begin else None)
            for begin, end in pairwise(ends)
            if end > begin
        ),
        compared=_compared(clicked[ends[1] :], live[ends[1] :], {k: v[ends[1] :] for k, v in others.items()}, rng),
    )


def _tenth(clicked: NDArray[np.bool_], live: Floats, nightly: Floats | None) -> Tenth:
    return Tenth(
        rows=len(clicked),
        rate=float(clicked.mean()),
        auc=auc(clicked, live),
        log_loss=log_loss(clicked, live),
        nightly_auc=None if nightly is None else auc(clicked, nightly),
        nightly_log_loss=None if nightly is None else log_loss(clicked, nightly),
    )


def _compared(
    clicked: NDArray[np.bool_], live: Floats, others: Mapping[str, Floats], rng: np.random.Generator
) -> tuple[Compared, ...]:
    if clicked.all() or not clicked.any():
        return ()  # everything happened in the first tenth
    found, gains = _resampled(clicked, [live, *others.values()], rng)
    names = ("learning at every event", *others)
    return tuple(
        Compared(
            name=name,
            auc=found[number],
            log_loss=log_loss(clicked, [live, *others.values()][number]),
            gain=gains[number - 1] if number else None,
        )
        for number, name in enumerate(names)
    )


def _vowpal_wabbit(log: Log, options: str, named: bool, progress: Progress) -> Floats:
    """The peer on the same rows: a column a namespace, names as they are, numbers as numbers."""
    try:
        from vowpalwabbit import Workspace  # noqa: PLC0415 - only who compares needs it
    except ModuleNotFoundError as missing:
        raise ExtraMissing("the peer: pip install vowpalwabbit") from missing
    lines = _lines(log, named=named)
    learner = Workspace(f"--quiet --loss_function logistic --link logistic -b {BITS} {options}")
    found = np.empty(len(lines))
    for number, line in enumerate(lines):
        found[number] = learner.predict(line)
        learner.learn(f"{1 if log.clicked[number] else -1} {line}")
        if number % 5000 == 0:
            progress("measuring the peer", number / len(lines))
    learner.finish()
    return found


def _lines(log: Log, *, named: bool) -> list[str]:
    parts = []
    for number, (name, column) in enumerate(log.cells.items()):
        space = f"|{chr(ord('a') + number % 26)}{number} "
        if column.dtype.kind == "f" and not (named and name in log.columns.categories):
            parts.append([f"{space}v:{0.0 if value != value else value:g}" for value in column.tolist()])  # noqa: PLR0124 - NaN
        else:
            known = {value: f"{space}{code(name, value)}" for value in set(column.tolist())}
            parts.append([known[value] for value in column.tolist()])
    return [" ".join(row) for row in zip(*parts, strict=True)]


# ------ measures


def auc(clicked: NDArray[np.bool_], scores: Floats) -> float | None:
    """Chance that a row that happened has the higher score of two, ties count half; None where one class is missing."""
    if clicked.all() or not clicked.any():
        return None
    return float(_Ranked(scores).auc(clicked, np.ones(len(scores))))


def log_loss(clicked: NDArray[np.bool_], chances: Floats) -> float:
    """Mean -log of the probability that was given to what came."""
    sure = np.clip(chances, CERTAIN, 1.0 - CERTAIN)
    return float(-np.where(clicked, np.log(sure), np.log1p(-sure)).mean())


class _Ranked:
    """Scores in order, so that many weightings of the rows cost no sorting."""

    def __init__(self, scores: Floats) -> None:
        self._order = np.argsort(scores, kind="stable")
        ordered = scores[self._order]
        self._begins = np.flatnonzero(np.append(True, ordered[1:] != ordered[:-1]))  # of equal scores

    def auc(self, clicked: NDArray[np.bool_], weights: Floats) -> float:
        ordered = clicked[self._order]
        weighed = weights[self._order]
        hits = np.add.reduceat(np.where(ordered, weighed, 0.0), self._begins)
        misses = np.add.reduceat(np.where(ordered, 0.0, weighed), self._begins)
        below = np.cumsum(misses) - misses
        return float((hits * (below + misses / 2)).sum() / (hits.sum() * misses.sum()))


def _estimate(clicked: NDArray[np.bool_], ways: Sequence[Floats], rng: np.random.Generator) -> tuple[Estimate, ...]:
    return _resampled(clicked, ways, rng)[0]


def _resampled(
    clicked: NDArray[np.bool_], ways: Sequence[Floats], rng: np.random.Generator
) -> tuple[tuple[Estimate, ...], tuple[Estimate, ...]]:
    """AUC of each way, and what the first has more than each other, with 95 % intervals: rows drawn again, in pairs."""
    ranked = [_Ranked(scores) for scores in ways]
    exact = np.array([each.auc(clicked, np.ones(len(clicked))) for each in ranked])
    drawn: list[list[float]] = []
    for _ in range(RESAMPLES):
        weights = rng.poisson(1.0, len(clicked)).astype(np.float64)
        if (weights * clicked).any() and (weights * ~clicked).any():
            drawn.append([each.auc(clicked, weights) for each in ranked])
    again = np.array(drawn or [exact.tolist()])
    low, high = np.quantile(again, (0.025, 0.975), axis=0)
    more = np.quantile(again[:, :1] - again[:, 1:], (0.025, 0.975), axis=0)
    found = tuple(_of(exact[n], low[n], high[n]) for n in range(len(ways)))
    return found, tuple(_of(exact[0] - exact[n + 1], more[0][n], more[1][n]) for n in range(len(ways) - 1))


def _of(value: float, low: float, high: float) -> Estimate:
    return Estimate(value=float(value), low=float(low), high=float(high))


def plot_online(path: Path, report: OnlineReport) -> None:
    """AUC and log loss by tenth, of the model that learns at every event and of the nightly one.

    Args:
        path: passed `check_plot`.
        report: what was found.

    Raises:
        SettingInvalid: the file cannot be written.
    """
    figure = new_figure(10.0)
    tenths = np.arange(1, len(report.tenths) + 1)
    panels: dict[str, dict[str, list[float | None]]] = {
        "AUC": {"at every event": [t.auc for t in report.tenths], "at night": [t.nightly_auc for t in report.tenths]},
        "log loss": {
            "at every event": [*(t.log_loss for t in report.tenths)],
            "at night": [t.nightly_log_loss for t in report.tenths],
        },
    }
    for number, (quantity, lines) in enumerate(panels.items()):
        axes = figure.add_subplot(1, 2, number + 1, xlabel="tenth of the file", ylabel=quantity)
        for name, values in lines.items():
            axes.plot(tenths, [np.nan if value is None else value for value in values], label=name, marker=".")
        axes.grid(visible=True, alpha=0.3)
        axes.legend()
    save_figure(figure, path)
