"""Groups of members who behave alike, found by k-means; how many there are is what the silhouette says."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray
from sklearn.cluster import KMeans
from sklearn.metrics import silhouette_score

from visavis.behaviour.series import Series, microseconds
from visavis.learning.report.log import LEAST, Names

FEWEST = 30  # members below which no groups are looked for
MOST_GROUPS = 7
CLEAR = 0.25  # silhouette from which on groups are clear, after Kaufman and Rousseeuw (1990)
SAMPLE = 3000  # members whose silhouette is computed
TELLING = 0.4  # standard deviations from everybody that are worth a word
WORDS = 3  # of them, the strongest
TOP = 4  # kinds, and categories, whose shares are features
DAY_US = 86_400_000_000
LOGARITHMIC = frozenset({"recency_d", "per_30d", "value", "dwell_s"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Trait:
    """In what a group differs from everybody."""

    feature: str  # recency_d, per_30d, value, dwell_s, variety, "kind:<kind>" or "category:<category>"
    more: bool
    mean: float  # of the group, in the feature's own unit; a share of events for kinds and categories
    everybody: float
    z: float  # difference in standard deviations


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """One group."""

    members: int
    share: float  # of all members
    traits: tuple[Trait, ...]  # strongest first; none: in between
    means: Mapping[str, float]  # of every feature


@dataclass(frozen=True, slots=True, kw_only=True)
class Segments:
    """Largest first; none where members are too few or all alike."""

    members: int
    silhouette: float | None  # -1 to 1, of the chosen number of groups
    segments: tuple[Segment, ...]
    hidden: int  # groups too small to be shown

    @property
    def clear(self) -> bool:
        """Whether the groups are apart from each other, or only parts of one cloud."""
        return self.silhouette is not None and self.silhouette >= CLEAR


def segments(series: Series, names: Names, until: datetime, *, seed: int) -> Segments:
    """Of members with at least one event before the moment of the report; the same seed gives the same groups."""
    features = member_features(series.before(until), names, until)
    count = len(next(iter(features.values()), ()))
    table = {name: values for name, values in features.items() if count and float(values.std()) > 1e-9}
    if count < FEWEST or not table:
        return Segments(members=count, silhouette=None, segments=(), hidden=0)
    points = np.stack([_scaled(name, values) for name, values in table.items()], axis=1)
    silhouette, labels = _grouped(points, seed)
    found, hidden = [], 0
    for number in np.unique(labels):
        inside = labels == number
        if int(inside.sum()) < LEAST:
            hidden += 1
            continue
        found.append(_segment(inside, table, points))
    return Segments(
        members=count,
        silhouette=silhouette,
        segments=tuple(sorted(found, key=lambda one: -one.members)),
        hidden=hidden,
    )


def member_features(series: Series, names: Names, until: datetime) -> dict[str, NDArray[np.float64]]:
    """Name -> (members with an event,): what tells members apart; all of it from before the moment."""
    here = np.diff(series.starts) > 0
    counts = np.diff(series.starts)[here].astype(np.float64)
    if not len(counts):
        return {}
    firsts, lasts = series.starts[:-1][here], series.starts[1:][here] - 1
    now = microseconds(until)
    known_days = np.maximum((now - series.at[firsts]) / DAY_US, 7.0)
    found = {
        "recency_d": (now - series.at[lasts]) / DAY_US,
        "per_30d": counts / known_days * 30,
        "value": _sums(series, np.maximum(series.value, 0))[here] / counts,
        "dwell_s": _sums(series, series.dwell_s)[here] / counts,
        "variety": _distinct_items(series)[here] / counts,
    }
    for name, column, labels in (("kind", series.kind, series.kinds), ("category", *_categories(series, names))):
        totals = np.bincount(column[column >= 0], minlength=len(labels)) if len(labels) else np.empty(0)
        for number in np.argsort(-totals)[:TOP]:
            found[f"{name}:{labels[number]}"] = _sums(series, column == number)[here] / counts
    return found


def _sums(series: Series, column: NDArray[np.generic]) -> NDArray[np.float64]:
    """(M,): over each member's events."""
    return np.bincount(series.whose, weights=column.astype(np.float64), minlength=len(series.members)).astype(
        np.float64
    )


def _distinct_items(series: Series) -> NDArray[np.float64]:
    about = series.item >= 0
    pairs = np.unique(np.stack([series.whose[about], series.item[about]]), axis=1)
    return np.bincount(pairs[0], minlength=len(series.members)).astype(np.float64)


def _categories(series: Series, names: Names) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    """(N,) index into categories, or -1; and the categories."""
    labels = tuple(sorted(set(names.category.values())))
    number = {label: index for index, label in enumerate(labels)}
    of_item = np.array([*(number.get(names.category.get(item, ""), -1) for item in series.items), -1], np.int64)
    return of_item[series.item], labels


def _scaled(name: str, values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean 0, standard deviation 1, far values no farther than three."""
    given = np.log1p(values) if name in LOGARITHMIC else values
    scaled: NDArray[np.float64] = np.clip((given - given.mean()) / given.std(), -3, 3)
    return scaled


def _grouped(points: NDArray[np.float64], seed: int) -> tuple[float, NDArray[np.int64]]:
    """The number of groups with the best silhouette, and whose each point is."""
    best: tuple[float, NDArray[np.int64]] | None = None
    for groups in range(2, min(MOST_GROUPS, len(points) // LEAST, len(np.unique(points, axis=0))) + 1):
        labels = KMeans(n_clusters=groups, n_init=4, random_state=seed).fit_predict(points)
        size = min(SAMPLE, len(points))
        silhouette = float(silhouette_score(points, labels, sample_size=size, random_state=seed))
        if best is None or silhouette > best[0] + 0.01:  # fewer groups unless more are clearer
            best = (silhouette, labels.astype(np.int64))
    return best if best is not None else (0.0, np.zeros(len(points), np.int64))


def _segment(
    inside: NDArray[np.bool_], table: Mapping[str, NDArray[np.float64]], points: NDArray[np.float64]
) -> Segment:
    z = points[inside].mean(axis=0)
    names = list(table)
    strongest = [n for n in np.argsort(-np.abs(z)) if abs(z[n]) >= TELLING][:WORDS]
    return Segment(
        members=int(inside.sum()),
        share=float(inside.mean()),
        traits=tuple(
            Trait(
                feature=names[n],
                more=bool(z[n] > 0),
                mean=float(table[names[n]][inside].mean()),
                everybody=float(table[names[n]].mean()),
                z=float(z[n]),
            )
            for n in strongest
        ),
        means={name: float(values[inside].mean()) for name, values in table.items()},
    )
