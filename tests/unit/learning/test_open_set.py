"""Members among strangers: drawn people whose likeness is known."""

import numpy as np
import pytest

from visavis.errors import InputRefused
from visavis.identity.threshold import Threshold
from visavis.learning.faces.calibration import calibrated_people
from visavis.learning.faces.open_set import evaluate_visits
from visavis.types import Embedding

DIM = 64


def people(rng: np.random.Generator, count: int, shots: int, spread: float, prefix: str) -> dict[str, list[Embedding]]:
    """Random directions, and shots around each."""
    found = {}
    for number in range(count):
        centre = rng.standard_normal(DIM)
        drawn = centre + spread * rng.standard_normal((shots, DIM))
        unit = (drawn / np.linalg.norm(drawn, axis=1, keepdims=True)).astype(np.float32)
        found[f"{prefix}{number}"] = [Embedding(vector=vector, model="evaluated") for vector in unit]
    return found


def silent(_step: str, _share: float) -> None: ...


def rows(rng: np.random.Generator) -> tuple[Threshold, ...]:
    return calibrated_people(list(people(rng, 400, 3, 0.6, "c").values()), templates=3, shots=3)


def test_the_promised_rate_holds_and_more_shots_miss_fewer() -> None:
    """300 members, 1,500 strangers, calibrated on 400 others: each FPIR is near the 1 % asked."""
    rng = np.random.default_rng(5)
    members, again = people(rng, 300, 6, 0.9, "m"), {}
    for name, shots in members.items():
        members[name], again[name] = shots[:3], shots[3:]
    visitors = {**again, **people(rng, 1500, 3, 0.9, "s")}
    results = evaluate_visits(members, visitors, repeats=1, calibration=rows(rng), rng=rng, progress=silent)
    assert [(r.enrolment_shots, r.probe_shots) for r in results] == [(1, 1), (3, 1), (3, 3)]
    at = [next(a for a in r.rates if a.calibration == "pack" and a.requested_fpir == 0.01) for r in results]
    assert all(0.004 < a.fpir.value < 0.025 for a in at)
    assert at[0].fnir.value > at[1].fnir.value > at[2].fnir.value
    assert at[2].fnir.value < 0.01


def test_without_members_who_return_there_is_nothing_to_measure() -> None:
    """With the reason."""
    rng = np.random.default_rng(5)
    with pytest.raises(InputRefused, match="too few people"):
        evaluate_visits(
            people(rng, 3, 1, 0.5, "m"),
            people(rng, 3, 1, 0.5, "s"),
            repeats=1,
            calibration=rows(rng),
            rng=rng,
            progress=silent,
        )
