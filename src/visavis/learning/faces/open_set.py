"""1:N identification when most who pass are nobody's member: FNIR at FPIR (ISO/IEC 19795-1, open set).

The same code as at a site: shots fused on both sides, thresholds by the number of shots, the nearest five members.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from visavis.errors import InputRefused
from visavis.identity.closed_set import share_interval
from visavis.identity.fuse import fused
from visavis.identity.gallery import Gallery, Match
from visavis.identity.identify import NEAREST
from visavis.identity.threshold import CalibrationRow, Threshold, for_gallery
from visavis.learning.estimate import Estimate
from visavis.learning.faces.calibration import LEAST_PEOPLE, calibrated_people
from visavis.learning.faces.folders import Embedded, People, Progress
from visavis.types import Embedding, MemberId

SETTINGS = ((1, 1), (3, 1), (3, 3))  # enrolment shots, probe shots
FPIRS = (0.003, 0.01)
MODEL = "evaluated"


@dataclass(frozen=True, slots=True, kw_only=True)
class AtRate:
    """What happens when an operator asks for this rate."""

    requested_fpir: float
    calibration: str  # pack: what was shipped; split: people of this run who are neither enrolled nor tested
    fpir: Estimate  # that strangers really had, Clopper-Pearson
    fnir: Estimate
    fnir_at_exact_fpir: float  # with the threshold that gives the rate on these very strangers


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenSetResult:
    """One number of shots on either side."""

    enrolment_shots: int
    probe_shots: int
    enrolled: int
    mated: int  # probes of enrolled people, over all repeats
    non_mated: int  # probes of strangers, over all repeats; each stranger is one a repeat
    rank_1: Estimate  # mated probes whose nearest member is right, whatever the score
    rates: tuple[AtRate, ...]
    curve: tuple[tuple[float, float], ...] = field(repr=False)  # (FPIR, FNIR) of all repeats


Shots = Mapping[str, Sequence[Embedding]]
"""Person -> their pictures in which a face was found."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Roles:
    """Who is what in one repeat, with the shots of that part."""

    enrolment: Shots
    mated: Shots  # visits of enrolled people
    strangers: Shots
    calibrating: Sequence[Sequence[Embedding]]


def evaluate_open_set(
    people: People,
    embedded: Embedded,
    *,
    enrolled: int,
    repeats: int,
    calibration: Sequence[CalibrationRow],
    rng: np.random.Generator,
    progress: Progress,
) -> tuple[OpenSetResult, ...]:
    """Enrol some people, let them and strangers come by, for each of `SETTINGS` for which there are pictures.

    Everybody is either enrolled, or a stranger, or calibrated with. Pictures without a face are left out; they are
    counted by `evaluate faces`.

    Args:
        people: with pictures in folders.
        embedded: of all their pictures.
        enrolled: people in the gallery; fewer where there are not enough for strangers too.
        repeats: random assignments of roles.
        calibration: the pack's.
        rng: draws roles and shots.
        progress: told of repeats.

    Raises:
        InputRefused: nobody has two pictures, or there are too few people.
    """
    everybody = shots_of(people, embedded)

    def draw(templates: int, probes: int) -> _Roles | None:
        return _drawn(everybody, templates, probes, enrolled, rng)

    return _evaluate(draw, str(people.root), repeats, calibration, progress)


def evaluate_visits(
    members: Shots,
    visitors: Shots,
    *,
    repeats: int,
    calibration: Sequence[CalibrationRow],
    rng: np.random.Generator,
    progress: Progress,
) -> tuple[OpenSetResult, ...]:
    """As `evaluate_open_set`, with enrolment and visits as given; who visits and is not enrolled is a stranger.

    Half of the strangers calibrate where that leaves enough of them.

    Raises:
        InputRefused: nobody who is enrolled visits, or there are no strangers.
    """

    def draw(templates: int, probes: int) -> _Roles | None:
        enrolment = {who: _some(own, templates, rng) for who, own in members.items() if own}
        mated = {who: _some(own, probes, rng) for who, own in visitors.items() if who in enrolment and own}
        enough = [who for who, own in mated.items() if len(own) == probes and len(enrolment[who]) == templates]
        others = [who for who in rng.permutation([w for w in visitors if w not in enrolment]).tolist() if visitors[who]]
        half = len(others) // 2 if len(others) >= 2 * LEAST_PEOPLE else 0
        if not enough or not others:
            return None
        return _Roles(
            enrolment=enrolment,
            mated={who: mated[who] for who in enough},
            strangers={who: _some(visitors[who], probes, rng) for who in others[half:]},
            calibrating=[_some(visitors[who], len(visitors[who]), rng) for who in others[:half]],
        )

    return _evaluate(draw, "gallery and probes", repeats, calibration, progress)


def shots_of(people: People, embedded: Embedded) -> dict[str, list[Embedding]]:
    """Name of the folder -> the pictures in it that have a face."""
    shots: dict[str, list[Embedding]] = {}
    for vector, found, picture in zip(embedded.vectors, embedded.found, people.pictures, strict=True):
        own = shots.setdefault(picture.parent.name, [])
        if found:
            own.append(Embedding(vector=vector, model=MODEL))
    return shots


def _evaluate(
    draw: Callable[[int, int], _Roles | None],
    place: str,
    repeats: int,
    calibration: Sequence[CalibrationRow],
    progress: Progress,
) -> tuple[OpenSetResult, ...]:
    results = []
    for number, (templates, probes) in enumerate(SETTINGS):
        runs = []
        for repeat in range(repeats):
            roles = draw(templates, probes)
            if roles is None:
                break
            runs.append(_run(roles, templates, probes, calibration))
            progress("letting people come by", (number + (repeat + 1) / repeats) / len(SETTINGS))
        if runs:
            results.append(_result(templates, probes, runs))
    if not results:
        raise InputRefused(f"{place}: too few people with two pictures in which a face was found")
    return tuple(results)


def _some(own: Sequence[Embedding], most: int, rng: np.random.Generator) -> list[Embedding]:
    return [own[k] for k in rng.permutation(len(own))[:most]]


def _drawn(everybody: Shots, templates: int, probes: int, enrolled: int, rng: np.random.Generator) -> _Roles | None:
    """A quarter calibrates; of the others, two thirds of those with pictures enough enrol first."""
    shots = {who: _some(everybody[who], len(everybody[who]), rng) for who in everybody if everybody[who]}
    names = rng.permutation(sorted(shots)).tolist()
    calibrating, others = names[: len(names) // 4], names[len(names) // 4 :]
    most = min(enrolled, 2 * len(others) // 3)
    willing = [who for who in others if len(shots[who]) >= templates + probes]
    mated = willing[: min(most, 2 * len(willing) // 3)]
    rest = [who for who in others if who not in set(mated)]
    members, strangers = [*mated, *rest[: most - len(mated)]], rest[most - len(mated) :]
    if not mated or not strangers:
        return None
    return _Roles(
        enrolment={who: shots[who][:templates] for who in members},
        mated={who: shots[who][templates : templates + probes] for who in mated},
        strangers={who: shots[who][:probes] for who in strangers},
        calibrating=[shots[who] for who in calibrating],
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Passing:
    """Somebody who comes by, and the members whom they are most like."""

    person: str
    shots: int
    nearest: tuple[Match, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Run:
    """One repeat: everybody who came by, and what would be asked of them."""

    templates: Mapping[MemberId, int]  # that each member enrolled with
    mated: tuple[_Passing, ...]
    strangers: tuple[_Passing, ...]
    calibrations: Mapping[str, Sequence[CalibrationRow]]

    def margins(self, name: str, rate: float, passing: Sequence[_Passing]) -> list[tuple[float, str]]:
        """How far each is above the threshold of the member whom they are taken for, and who that is."""
        known: dict[tuple[int, int], Threshold] = {}

        def threshold(templates: int, shots: int) -> Threshold:
            if (templates, shots) not in known:
                known[templates, shots] = for_gallery(
                    self.calibrations[name], rate, len(self.templates), templates=templates, shots=shots
                )
            return known[templates, shots]

        return [
            max(
                (match.score - threshold(self.templates[match.member_id], one.shots).score, match.member_id)
                for match in one.nearest
            )
            for one in passing
        ]


def _run(roles: _Roles, templates: int, probes: int, calibration: Sequence[CalibrationRow]) -> _Run:
    dim = len(next(iter(roles.enrolment.values()))[0].vector)
    gallery = Gallery(model=MODEL, dim=dim)
    for who, own in roles.enrolment.items():
        gallery.add(MemberId(who), "fused", fused(own))

    def passes(who: str, seen: Sequence[Embedding]) -> _Passing:
        (nearest,) = gallery.nearest((fused(seen),), NEAREST)
        return _Passing(person=who, shots=len(seen), nearest=nearest)

    rows = {"pack": calibration, "split": calibrated_people(roles.calibrating, templates=templates, shots=probes)}
    return _Run(
        templates={MemberId(who): len(own) for who, own in roles.enrolment.items()},
        mated=tuple(passes(who, seen) for who, seen in roles.mated.items()),
        strangers=tuple(passes(who, seen) for who, seen in roles.strangers.items()),
        calibrations={name: found for name, found in rows.items() if len(found) > 1},
    )


def _result(templates: int, probes: int, runs: Sequence[_Run]) -> OpenSetResult:
    mated, strangers = sum(len(r.mated) for r in runs), sum(len(r.strangers) for r in runs)
    right = sum(one.nearest[0].member_id == one.person for run in runs for one in run.mated)
    names = [name for name in ("pack", "split") if all(name in run.calibrations for run in runs)]
    margins = {name: _pooled(runs, name, FPIRS[0]) for name in names}
    curve = _curve(*margins[names[0]]) if names else ()
    rates = [_at(runs, name, rate, *margins[name]) for name in names for rate in FPIRS]
    return OpenSetResult(
        enrolment_shots=templates,
        probe_shots=probes,
        enrolled=min(len(run.templates) for run in runs),
        mated=mated,
        non_mated=strangers,
        rank_1=_share(right, mated, len(runs)),
        rates=tuple(rates),
        curve=curve,
    )


def _pooled(runs: Sequence[_Run], name: str, rate: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Margins of mated probes (-inf where the wrong member is nearest) and of strangers."""
    own = [
        margin if member == one.person else -np.inf
        for run in runs
        for one, (margin, member) in zip(run.mated, run.margins(name, rate, run.mated), strict=True)
    ]
    theirs = [margin for run in runs for margin, _ in run.margins(name, rate, run.strangers)]
    return np.array(own), np.array(theirs)


def _at(runs: Sequence[_Run], name: str, rate: float, own: NDArray[np.float64], theirs: NDArray[np.float64]) -> AtRate:
    own_here, theirs_here = _pooled(runs, name, rate)
    allowed = int(rate * len(theirs))
    exact = np.sort(theirs)[-allowed - 1]
    return AtRate(
        requested_fpir=rate,
        calibration=name,
        fpir=_share(int((theirs_here >= 0).sum()), len(theirs), len(runs)),
        fnir=_share(int((own_here < 0).sum()), len(own), len(runs)),
        fnir_at_exact_fpir=float((own <= exact).mean()),
    )


def _curve(own: NDArray[np.float64], theirs: NDArray[np.float64]) -> tuple[tuple[float, float], ...]:
    falling = np.sort(theirs)[::-1]
    places = np.unique(np.geomspace(1, len(falling), 200).astype(int)) - 1
    return tuple((float((place + 1) / len(falling)), float((own < falling[place]).mean())) for place in places)


def _share(count: int, of: int, repeats: int) -> Estimate:
    """With Clopper-Pearson's interval for the people of one repeat: another draw of the same people adds no others."""
    each = max(1, of // repeats)
    low, high = share_interval(min(each, round(count / repeats)), each)
    return Estimate(value=count / max(1, of), low=low, high=high)
