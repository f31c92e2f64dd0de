"""Tastes that drift, offers that tire, people who answer late, and what members said of themselves."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from visavis.scenarios.loader import load_scenario
from visavis.simulation.people import Population, Seen, Visit
from visavis.types import Scenario

RETAIL = load_scenario("retail")
BANK = load_scenario("finance")
ITEM = "berry-trio"


def changed(**plan: Any) -> Scenario:
    return replace(RETAIL, simulator={**RETAIL.simulator, **plan})


def visit(number: int, *, member: int = 0, day: float = 0.0) -> Visit:
    return Visit(number=number, member=member, placement="entrance", day=day)


def test_days_pass_as_members_come() -> None:
    """200 members who come every 4 days make 50 visits a day."""
    people = Population(scenario=RETAIL, members=200, seed=0)
    assert [people.visit(n, ["entrance"]).day for n in (0, 50, 125)] == [0.0, 1.0, 2.5]


def test_tastes_drift_at_their_day_and_spread_as_before() -> None:
    """Half of the variance is new, so old and new agree by a correlation of the square root of a half."""
    people = Population(scenario=changed(drift={"after_days": 10, "share": 0.5}), members=2000, seed=1)
    before, after = (
        np.log([p / (1 - p) for p in chances])
        for chances in ([people._chance(0, member, ITEM, day, 0) for member in range(2000)] for day in (9.9, 10.0))
    )
    still = Population(scenario=RETAIL, members=2000, seed=1)
    assert people.expected_reward(3, ITEM, day=9.9) == still.expected_reward(3, ITEM)
    assert abs(np.corrcoef(before, after)[0, 1] - np.sqrt(0.5)) < 0.06
    assert abs(after.std() / before.std() - 1) < 0.06


def test_an_offer_tires_and_becomes_fresh_again() -> None:
    """Two showings within the days take 2 x 0.7 from the log-odds; the third has lapsed."""
    scenario = changed(fatigue={"odds": 0.7, "days": 5})
    people, seen = Population(scenario=scenario, members=5, seed=2), Seen.of(scenario)
    for day in (0.0, 4.0, 6.0):
        seen.add(visit(0, day=day), ITEM)
    assert seen.lately(visit(1, day=6.5), ITEM) == 2
    assert seen.lately(visit(1, day=6.5), "city-guide") == 0
    assert seen.lately(visit(1, member=1, day=6.5), ITEM) == 0
    fresh, tired = (people._chance(0, 0, ITEM, 0.0, shown) for shown in (0, 2))
    assert np.log(fresh / (1 - fresh)) - np.log(tired / (1 - tired)) == pytest.approx(1.4)
    assert Seen.of(RETAIL).lately(visit(1), ITEM) == 0


@pytest.mark.parametrize("shown", [0, 3])
def test_after_the_drift_responses_have_the_mean_that_the_truth_says(shown: int) -> None:
    """6,000 visits of tired and of fresh people: within four standard errors of what is expected."""
    people = Population(
        scenario=changed(drift={"after_days": 2, "share": 1.0}, fatigue={"odds": 0.3, "days": 9}), members=9, seed=3
    )
    got = np.array([people.reward(people.respond(visit(n, day=5), ITEM, shown=shown)) for n in range(6000)])
    assert abs(got.mean() - people.expected_reward(0, ITEM, day=5, shown=shown)) < 4 * got.std() / np.sqrt(6000)


def test_the_late_do_the_same_later() -> None:
    """Kinds and order stay; every reaction of a late visitor waits so long."""
    prompt = Population(scenario=RETAIL, members=9, seed=4)
    late = Population(scenario=changed(late={"chance": 1.0, "delay_s": [50, 50]}), members=9, seed=4)
    pairs = [(prompt.respond(visit(n), ITEM), late.respond(visit(n), ITEM)) for n in range(200)]
    assert sum(len(one) for one, _ in pairs) > 20
    for one, two in pairs:
        assert [(r.kind, r.delay_s + 50) for r in one] == [(r.kind, r.delay_s) for r in two]


def test_members_say_of_themselves_what_the_pack_lets_them() -> None:
    """Whole numbers within the values, not too long ago; a tenth never answered; the same for the same seed."""
    people = Population(scenario=BANK, members=1000, seed=5)
    answers = [{kind: (value, ago) for kind, value, ago in people.facts(m)} for m in range(1000)]
    risk = [one["risk.assessed"] for one in answers if "risk.assessed" in one]
    assert {value for value, _ in risk} == {1.0, 2.0, 3.0, 4.0, 5.0}
    assert all(0 <= ago <= 450 for _, ago in risk)
    assert 860 < len(risk) < 940
    assert people.facts(7) == Population(scenario=BANK, members=1000, seed=5).facts(7)
    assert Population(scenario=RETAIL, members=9, seed=5).facts(0) == []
