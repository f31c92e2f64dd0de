"""1:1 comparison on pairs of photographs: accuracy in folds, TAR at FAR, EER (ISO/IEC 19795-1; LFW's protocol)."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from visavis.learning.estimate import Estimate
from visavis.learning.faces.folders import Embedded, Progress
from visavis.learning.faces.pairs import Pairs

FARS = (1e-2, 1e-3, 1e-4)
RESAMPLES, MANY = 1000, 100_000  # with more pairs than this, a tenth of the resamples
AT_ONCE = 1 << 20  # pairs that are scored in one go
MISSED = -10.0  # the score of a pair in which a face was not found: no threshold accepts it

# 97.5 % quantile of Student's t with 1 to 9 degrees of freedom (ISO 2602), for the mean over folds.
_STUDENT = (12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262)


class Metric(StrEnum):
    """How two vectors are compared."""

    COSINE = "cosine"
    EUCLIDEAN = "euclidean"  # the negative distance, so that more is more alike


@dataclass(frozen=True, slots=True, kw_only=True)
class TrueAccepts:
    """Share of genuine pairs above the score that this share of impostor pairs exceeds."""

    far: float
    tar: Estimate
    threshold: float


@dataclass(frozen=True, slots=True, kw_only=True)
class VerificationReport:
    """What `verify_pairs` found."""

    system: str
    pictures: int
    without_face: tuple[str, ...]  # files; pairs with one of them are errors
    genuine: int
    impostor: int
    accuracy: (
        Estimate | None
    )  # mean over the folds, each at the threshold that was best on the others; None: no such fold
    fold_accuracies: tuple[float, ...]
    eer: Estimate
    tars: tuple[TrueAccepts, ...]
    det: tuple[tuple[float, float], ...] = field(repr=False)  # (FMR, FNMR), for the plot


def verify_pairs(
    pairs: Pairs,
    embedded: Embedded,
    *,
    system: str,
    rng: np.random.Generator,
    progress: Progress,
    metric: Metric = Metric.COSINE,
) -> VerificationReport:
    """Score every pair and measure.

    Intervals come from a bootstrap: of people where the pairs are everybody with everybody, of pairs otherwise; that of
    the accuracy from its spread over the folds.

    Args:
        pairs: what is compared.
        embedded: one vector a picture of `pairs.pictures`.
        system: whose vectors they are.
        rng: draws the bootstrap.
        progress: told of it.
        metric: how two vectors are compared.
    """
    scores = score_pairs(pairs, embedded, metric)
    missed = ~(embedded.found[pairs.first] & embedded.found[pairs.second])
    curve = _Curve.of(scores, pairs.same)
    plain = np.ones(len(pairs), np.float64)
    far_values, eer = curve.tars(plain), curve.eer(plain)
    drawn = np.empty((RESAMPLES if len(pairs) < MANY else RESAMPLES // 10, len(FARS) + 1))
    for number in range(len(drawn)):
        weights = _resampled(pairs, rng)
        drawn[number] = (*curve.tars(weights), curve.eer(weights))
        if number % 20 == 0:
            progress("drawing again", (number + 1) / len(drawn))
    progress("drawing again", 1.0)
    lows, highs = np.quantile(drawn, (0.025, 0.975), axis=0)
    accuracies = fold_accuracies(scores, pairs, missed)
    return VerificationReport(
        system=system,
        pictures=len(pairs.pictures),
        without_face=tuple(str(p) for p, found in zip(pairs.pictures, embedded.found, strict=True) if not found),
        genuine=int(pairs.same.sum()),
        impostor=int((~pairs.same).sum()),
        accuracy=mean_estimate(accuracies) if accuracies else None,
        fold_accuracies=tuple(accuracies),
        eer=Estimate(value=eer, low=float(lows[-1]), high=float(highs[-1])),
        tars=tuple(
            TrueAccepts(
                far=far,
                tar=Estimate(value=value, low=float(lows[k]), high=float(highs[k])),
                threshold=curve.threshold(far),
            )
            for k, (far, value) in enumerate(zip(FARS, far_values, strict=True))
        ),
        det=curve.det(),
    )


def score_pairs(pairs: Pairs, embedded: Embedded, metric: Metric = Metric.COSINE) -> NDArray[np.float64]:
    """Likeness of each pair; `MISSED` where a face was not found."""
    scores = np.empty(len(pairs))
    for begin in range(0, len(pairs), AT_ONCE):
        part = slice(begin, begin + AT_ONCE)
        first, second = embedded.vectors[pairs.first[part]], embedded.vectors[pairs.second[part]]
        match metric:
            case Metric.COSINE:
                scores[part] = np.einsum("nd,nd->n", first, second)
            case Metric.EUCLIDEAN:
                scores[part] = -np.linalg.norm(first - second, axis=1)
    scores[~(embedded.found[pairs.first] & embedded.found[pairs.second])] = MISSED
    return scores


def fold_accuracies(scores: NDArray[np.float64], pairs: Pairs, missed: NDArray[np.bool_]) -> list[float]:
    """Of each fold: mean of the shares of genuine and impostor pairs that are told right.

    A pair with a missed face is told wrong, whichever it is.
    """
    found = []
    for fold in range(int(pairs.fold.max()) + 1):
        test = pairs.fold == fold
        if not (pairs.same[test].any() and (~pairs.same[test]).any()):
            continue
        others = (pairs.fold >= 0) & ~test
        threshold = _best_threshold(scores[others], pairs.same[others]) if others.any() else 0.0
        right = ((scores[test] >= threshold) == pairs.same[test]) & ~missed[test]
        found.append(float((right[pairs.same[test]].mean() + right[~pairs.same[test]].mean()) / 2))
    return found


def mean_estimate(values: Sequence[float]) -> Estimate:
    """The mean over folds with Student's interval."""
    mean = float(np.mean(values))
    if len(values) < 2:
        return Estimate(value=mean, low=0.0, high=1.0)
    reach = _STUDENT[min(len(values), 10) - 2] * float(np.std(values, ddof=1)) / len(values) ** 0.5
    return Estimate(value=mean, low=max(0.0, mean - reach), high=min(1.0, mean + reach))


def _best_threshold(scores: NDArray[np.float64], same: NDArray[np.bool_]) -> float:
    """Where the mean of both shares is highest; the middle of the best stretch."""
    order = np.argsort(-scores, kind="stable")
    genuine, falling = same[order], scores[order]
    gained = np.cumsum(genuine) / genuine.sum() - np.cumsum(~genuine) / (~genuine).sum()
    last = np.append(falling[1:] != falling[:-1], True)  # equal scores are accepted together
    best = int(np.where(last, gained, -2.0).argmax())
    following = falling[best + 1] if best + 1 < len(falling) else falling[best]
    return float((falling[best] + following) / 2)


def _resampled(pairs: Pairs, rng: np.random.Generator) -> NDArray[np.float64]:
    """How often each pair is drawn."""
    if pairs.clusters is None:
        return np.bincount(rng.integers(0, len(pairs), len(pairs)), minlength=len(pairs)).astype(np.float64)
    count = int(pairs.clusters.max()) + 1
    people = np.bincount(rng.integers(0, count, count), minlength=count).astype(np.float64)
    own = people[pairs.clusters]
    return np.asarray(np.where(pairs.same, own[pairs.first], own[pairs.first] * own[pairs.second]), np.float64)


@dataclass(frozen=True, slots=True, eq=False)
class _Curve:
    """Pairs by falling score; weights say how often each counts."""

    order: NDArray[np.int64]
    falling: NDArray[np.float64]
    same: NDArray[np.bool_]

    @classmethod
    def of(cls, scores: NDArray[np.float64], same: NDArray[np.bool_]) -> "_Curve":
        order = np.argsort(-scores, kind="stable")
        return cls(order, scores[order], same[order])

    def _shares(self, weights: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Share of genuine and of impostor pairs down to each place."""
        each = weights[self.order]
        genuine, impostor = np.cumsum(each * self.same), np.cumsum(each * ~self.same)
        return genuine / max(genuine[-1], 1e-12), impostor / max(impostor[-1], 1e-12)

    def tars(self, weights: NDArray[np.float64]) -> list[float]:
        genuine, impostor = self._shares(weights)
        places = np.searchsorted(impostor, [far + 1e-12 for far in FARS], side="right") - 1
        return [float(genuine[place]) if place >= 0 else 0.0 for place in places]

    def threshold(self, far: float) -> float:
        _, impostor = self._shares(np.ones(len(self.order)))
        place = int(np.searchsorted(impostor, far + 1e-12, side="right"))
        return float(self.falling[min(place, len(self.falling) - 1)])

    def eer(self, weights: NDArray[np.float64]) -> float:
        """Where as many genuine pairs are refused as impostor pairs accepted."""
        genuine, impostor = self._shares(weights)
        place = int(np.abs((1 - genuine) - impostor).argmin())
        return float((1 - genuine[place] + impostor[place]) / 2)

    def det(self, points: int = 400) -> tuple[tuple[float, float], ...]:
        genuine, impostor = self._shares(np.ones(len(self.order)))
        least = 1 / max(1, int((~self.same).sum()))
        places = np.searchsorted(impostor, np.geomspace(least, 1.0, points), side="right") - 1
        places = np.unique(np.clip(places, 0, len(impostor) - 1))
        return tuple((float(impostor[p]), float(1 - genuine[p])) for p in places)
