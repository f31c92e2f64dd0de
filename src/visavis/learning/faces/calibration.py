"""A calibration run: which comparison score do strangers reach how often, with how many shots on either side?"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from visavis.errors import InputRefused
from visavis.identity.fuse import fused
from visavis.identity.threshold import MOST_SHOTS, Threshold, calibrated
from visavis.learning.faces.folders import Embedded, People
from visavis.perception.packs import CalibrationPoint, read_manifest
from visavis.perception.packs.installing import install
from visavis.types import Embedding

LEAST_PEOPLE = 30  # with as many shots; fewer say nothing about small rates
MODEL = "calibrated"


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """What a run found: the rows of a pack's manifest."""

    people: int
    without_face: tuple[str, ...]  # files in which no face was found
    thresholds: tuple[Threshold, ...]


def calibrate(people: People, embedded: Embedded) -> Calibration:
    """Compare everybody with everybody else, with one to three shots fused on either side.

    Raises:
        InputRefused: fewer than `LEAST_PEOPLE` people.
    """
    shots: list[list[Embedding]] = [[] for _ in range(people.count)]
    for vector, found, person in zip(embedded.vectors, embedded.found, people.labels, strict=True):
        if found:
            shots[person].append(Embedding(vector=vector, model=MODEL))
    thresholds = calibrated_people(shots, templates=MOST_SHOTS, shots=MOST_SHOTS)
    if not thresholds:
        raise InputRefused(f"{people.root}: {people.count} people; a calibration needs {LEAST_PEOPLE}")
    missed = (str(p.relative_to(people.root)) for p, ok in zip(people.pictures, embedded.found, strict=True) if not ok)
    return Calibration(people=people.count, without_face=tuple(missed), thresholds=thresholds)


def recalibrated(pack: Path, found: Calibration, packs_dir: Path) -> Path:
    """A new version of a pack that has these thresholds; templates of the old one stay valid.

    Raises:
        SettingInvalid: the folder cannot be written.
    """
    manifest = read_manifest(pack)
    points = tuple(
        CalibrationPoint(
            false_match_rate=row.false_match_rate,
            threshold=row.score,
            impostor_pairs=row.impostor_pairs,
            evidence=row.evidence,
            templates=row.templates,
            shots=row.shots,
        )
        for row in found.thresholds
    )
    files = {model.file: pack / model.file for model in manifest.models}
    return install(packs_dir, replace(manifest, calibration=points), files, series="site-")


def calibrated_people(people: Sequence[Sequence[Embedding]], *, templates: int, shots: int) -> tuple[Threshold, ...]:
    """Thresholds for every number of shots up to these, where `LEAST_PEOPLE` people have as many.

    Args:
        people: the shots of each; different people throughout.
        templates: most shots that are fused on one side.
        shots: most on the other; a comparison is symmetric, so that each two numbers are measured once.
    """
    rows: list[Threshold] = []
    numbers = {(max(t, s), min(t, s)) for t in range(1, templates + 1) for s in range(1, shots + 1)}
    for many, few in sorted(numbers):
        can = [own for own in people if len(own) >= many]
        if len(can) >= LEAST_PEOPLE:
            scores = _impostor_scores(can, [own for own in people if len(own) >= few], many, few)
            evidence = f"{len(can)} people, {many} against {few} shots: visavis packs calibrate"
            rows += calibrated(scores, evidence=evidence, templates=many, shots=few)
    return tuple(rows)


def _impostor_scores(
    some: Sequence[Sequence[Embedding]], all_: Sequence[Sequence[Embedding]], many: int, few: int
) -> NDArray[np.float64]:
    """Scores of each of `some`, by their first shots, against everybody else's first shots."""
    one = np.stack([fused(own[:many]).vector for own in some])
    other = np.stack([fused(own[:few]).vector for own in all_])
    scores = (one @ other.T).astype(np.float64)
    if many == few:
        return np.asarray(scores[np.triu_indices(len(some), 1)])
    place = {id(own): number for number, own in enumerate(all_)}
    different = np.ones(scores.shape, np.bool_)
    different[np.arange(len(some)), [place[id(own)] for own in some]] = False
    return np.asarray(scores[different])
