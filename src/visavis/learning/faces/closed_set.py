"""How often is the right one of a group named? Train on some photographs of each person, test on the others."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from visavis.errors import InputRefused
from visavis.identity.closed_set import fit_closed_set, share_interval, split_by_person
from visavis.learning.faces.folders import Embedded, People, Progress, Whose, embed_people, read_people
from visavis.perception.observe import Observer

WORST = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Confusion:
    """Photographs of one person that were taken for another."""

    person: str  # the folder's name
    taken_for: str  # "" where no face was found
    photographs: int  # over all repeats


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosedSetReport:
    """What `evaluate_closed_set` found."""

    model: str
    people: int  # in each repeat
    photographs: int  # that were tested at least once
    without_face: tuple[str, ...]  # files; each counts as an error where it is tested
    repeats: int
    tests: int  # answers that were given, over all repeats
    accuracy: float  # mean over the repeats; a missed face is an error
    accuracies: tuple[float, ...]  # of each repeat
    interval: tuple[float, float]  # Clopper-Pearson, 95 %, over the photographs, each counted once
    nearest_mean_accuracy: float  # of the nearest mean by cosine, beside the head
    log_loss: float  # mean -log P(right person), in nats, of the photographs with a face
    worst: tuple[Confusion, ...]
    confusion: NDArray[np.int64] = field(repr=False)  # (all people, all people + 1): was, named; the last is nobody


def evaluate_closed_set(
    folder: Path,
    observer: Observer,
    *,
    train_share: float,
    repeats: int,
    ways: int | None,
    least: int,
    whose: Whose,
    rng: np.random.Generator,
    now: datetime,
    progress: Progress,
) -> ClosedSetReport:
    """Split at random, fit, test; as many times as asked.

    Args:
        folder: one folder a person.
        observer: finds and embeds.
        train_share: of each person's photographs, rounded up; at least one is left to test.
        repeats: independent splits.
        ways: people drawn for each repeat; None takes all.
        least: photographs that a person must have to take part, at least 2.
        whose: which face of several.
        rng: draws people and splits.
        now: stamped on the frames.
        progress: told of the share that is done.

    Raises:
        InputRefused: too few people with enough photographs, or with a face on those to train with.
    """
    people = read_people(folder, least=max(2, least))
    if ways is not None and not 2 <= ways <= people.count:
        raise InputRefused(f"{folder}: {people.count} people have {least} photographs; {ways} were asked for")
    embedded = embed_people(people, observer, whose=whose, now=now, progress=progress)
    rounds = []
    for number in range(repeats):
        rounds.append(_round(people, embedded, train_share, ways, rng))
        progress("fitting and testing", (number + 1) / repeats)
    return _report(people, embedded, rounds, observer.model, ways or people.count)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Round:
    tested: NDArray[np.intp]  # photographs
    named: NDArray[np.int64]  # people; -1 where no face was found
    nearest: NDArray[np.int64]  # by the nearest mean
    losses: NDArray[np.float64]  # of those with a face


def _round(
    people: People,
    embedded: Embedded,
    train_share: float,
    ways: int | None,
    rng: np.random.Generator,
) -> _Round:
    drawn = np.sort(rng.choice(people.count, ways or people.count, replace=False))
    photographs = np.flatnonzero(np.isin(people.labels, drawn))
    labels = np.searchsorted(drawn, people.labels[photographs])
    train, test = split_by_person(labels, train_share, rng)
    vectors, seen = embedded.vectors[photographs], embedded.found[photographs]
    train, found = train[seen[train]], test[seen[test]]
    present, known_labels = np.unique(labels[train], return_inverse=True)
    if len(present) < 2:
        raise InputRefused(f"{people.root}: fewer than two people have a face on the photographs to train with")
    known, probes = vectors[train], vectors[found]
    shares = np.zeros((len(found), len(drawn)))  # 0 for who has no face on the photographs to train with
    shares[:, present] = fit_closed_set(known, known_labels, people=len(present)).probabilities(probes)
    named, nearest = np.full(len(labels), -1), np.full(len(labels), -1)
    named[found] = drawn[shares.argmax(axis=1)]
    nearest[found] = drawn[present[_nearest_mean(known, known_labels, probes)]]
    losses = -np.log(np.maximum(shares[np.arange(len(found)), labels[found]], 1e-300))
    return _Round(tested=photographs[test], named=named[test], nearest=nearest[test], losses=losses)


def _nearest_mean(
    known: NDArray[np.float32], labels: NDArray[np.int64], probes: NDArray[np.float32]
) -> NDArray[np.intp]:
    sums = np.zeros((labels.max() + 1, known.shape[1]))
    np.add.at(sums, labels, known)
    return np.asarray((probes @ (sums / np.linalg.norm(sums, axis=1, keepdims=True)).T).argmax(axis=1))


def _report(people: People, embedded: Embedded, rounds: Sequence[_Round], model: str, ways: int) -> ClosedSetReport:
    tested = np.concatenate([one.tested for one in rounds])
    right = np.concatenate([one.named == people.labels[one.tested] for one in rounds])
    times = np.bincount(tested, minlength=len(people))
    shares = np.bincount(tested, weights=right, minlength=len(people))[times > 0] / times[times > 0]
    accuracies = tuple(float((one.named == people.labels[one.tested]).mean()) for one in rounds)
    confusion = _confusion(people, rounds)
    return ClosedSetReport(
        model=model,
        people=ways,
        photographs=len(shares),
        without_face=tuple(
            str(path.relative_to(people.root))
            for path, found in zip(people.pictures, embedded.found, strict=True)
            if not found
        ),
        repeats=len(rounds),
        tests=len(tested),
        accuracy=float(np.mean(accuracies)),
        accuracies=accuracies,
        interval=share_interval(int(shares.sum()), len(shares)),  # rounded down: on the cautious side
        nearest_mean_accuracy=float(np.mean([(one.nearest == people.labels[one.tested]).mean() for one in rounds])),
        log_loss=float(np.concatenate([one.losses for one in rounds]).mean()),
        worst=_worst(people, confusion),
        confusion=confusion,
    )


def _worst(people: People, confusion: NDArray[np.int64]) -> tuple[Confusion, ...]:
    names = [*dict.fromkeys(path.parent.name for path in people.pictures), ""]
    wrong = confusion * (1 - np.eye(*confusion.shape, dtype=np.int64))
    order = np.argsort(-wrong, axis=None, kind="stable")[:WORST]
    pairs = zip(*(axis.tolist() for axis in np.unravel_index(order, wrong.shape)), strict=True)
    return tuple(
        Confusion(person=names[was], taken_for=names[named], photographs=int(wrong[was, named]))
        for was, named in pairs
        if wrong[was, named]
    )


def _confusion(people: People, rounds: Sequence[_Round]) -> NDArray[np.int64]:
    counts = np.zeros((people.count, people.count + 1), np.int64)  # named -1, nobody, is the last column
    for one in rounds:
        np.add.at(counts, (people.labels[one.tested], one.named), 1)
    return counts
