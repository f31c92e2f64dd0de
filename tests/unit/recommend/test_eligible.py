"""Rules before ranking: each relation by hand, then never an ineligible item in ten thousand decisions."""

from collections.abc import Mapping
from datetime import timedelta

import numpy as np
import pytest

from visavis.delivery.open_items import open_items
from visavis.recommend.decide import decide
from visavis.recommend.eligible import barriers, eligible, holds
from visavis.recommend.policies import build_policy
from visavis.scenarios.loader import load_scenario
from visavis.testing import T0, a_placement, a_profile, an_item
from visavis.types import Fact, Relation, Rule, Surface

BANK = load_scenario("finance")
YEAR = timedelta(days=365)
SECOND = timedelta(seconds=1)
SUITS = Rule(id="suits", why={}, attribute="risk", relation=Relation.AT_MOST, fact="risk.assessed", valid_days=365)


def a_fact(value: float, *, ago: timedelta = timedelta(0)) -> Mapping[str, Fact]:
    return {"risk.assessed": Fact(value=value, at=T0 - ago)}


@pytest.mark.parametrize(
    ("facts", "may"),
    [
        (a_fact(3), True),
        (a_fact(5), True),
        (a_fact(2), False),
        (a_fact(3, ago=YEAR), True),
        (a_fact(3, ago=YEAR + SECOND), False),
        (a_fact(3, ago=-SECOND), False),  # of the future: somebody's clock is wrong
        (a_fact(float("nan")), False),
        ({"assets.confirmed": Fact(value=9, at=T0)}, False),
        ({}, False),
    ],
)
def test_an_item_of_risk_3_needs_a_questionnaire_of_3_within_a_year(facts: Mapping[str, Fact], may: bool) -> None:
    """The boundary belongs to the member; what is missing or unclear withholds."""
    assert holds(SUITS, an_item(attributes={"risk": 3}), a_placement(), facts, T0) is may


def test_an_item_without_the_attribute_is_not_meant() -> None:
    """Unless the rule is for every item."""
    plain = an_item(attributes={})
    everybody = Rule(id="r", why={}, attribute="neutral", relation=Relation.EQUALS, value=True, every_item=True)
    assert holds(SUITS, plain, a_placement(), {}, T0)
    assert not holds(everybody, plain, a_placement(), {}, T0)
    assert holds(everybody, an_item(attributes={"neutral": True}), a_placement(), {}, T0)
    assert not holds(everybody, an_item(attributes={"neutral": 1.0}), a_placement(), {}, T0)  # a number is not "yes"


def test_a_rule_holds_where_it_is_said_to() -> None:
    """And nowhere else."""
    rule = Rule(
        id="r",
        why={},
        attribute="loud",
        relation=Relation.EQUALS,
        value=False,
        surfaces=(Surface.PUBLIC_SCREEN,),
    )
    loud = an_item(attributes={"loud": True})
    assert not holds(rule, loud, a_placement(surface=Surface.PUBLIC_SCREEN), {}, T0)
    assert holds(rule, loud, a_placement(surface=Surface.KIOSK), {}, T0)


@pytest.mark.parametrize(
    ("relation", "value", "may"),
    [
        (Relation.AT_MOST, 4, True),
        (Relation.AT_MOST, 3.9, False),
        (Relation.AT_LEAST, 4, True),
        (Relation.AT_LEAST, 4.1, False),
        (Relation.EQUALS, 4, True),
        (Relation.EQUALS, "4", False),
        (Relation.AT_LEAST, "a", False),
    ],
)
def test_each_relation_by_hand(relation: Relation, value: float | str, may: bool) -> None:
    """An item of 4 against each."""
    rule = Rule(id="r", why={}, attribute="size", relation=relation, value=value)
    assert holds(rule, an_item(attributes={"size": 4}), a_placement(), {}, T0) is may


def test_what_withholds_an_item_is_named() -> None:
    """Both rules about a private equity fund, with their reasons in both languages; none for a saver."""
    here = BANK.placements["adviser-tablet"]
    found = barriers(BANK.items["private-equity-fund"], BANK, here, {}, T0)
    assert [rule.id for rule in found] == ["risk-suits-client", "qualified-investor"]
    assert all(rule.why["en"] and rule.why["zh-CN"] for rule in found)
    assert barriers(BANK.items["instant-saver"], BANK, here, {}, T0) == ()


def test_r1_ten_thousand_decisions_never_show_what_a_rule_withholds() -> None:
    """Clients of every questionnaire, fresh, old or missing, at every placement, before a policy that learns."""
    rng = np.random.default_rng(0)
    policy = build_policy(BANK)
    shown = set()
    for n in range(10_000):
        place = list(BANK.placements.values())[int(rng.integers(len(BANK.placements)))]
        age = timedelta(days=float(rng.uniform(-1, 800)))
        level = int(rng.integers(0, 6))
        facts = {"risk.assessed": Fact(value=level, at=T0 - age)} if level else {}
        known = level if timedelta(0) <= age <= YEAR else 0
        open_now = open_items(
            BANK,
            place,
            people_in_view=1,
            exhausted=frozenset(),
            now=T0,
            eligible=lambda item, place=place, facts=facts: eligible(item, BANK, place, facts, T0),  # type: ignore[misc]  # of this round
        )
        decision = decide(
            profile=a_profile(facts=facts),
            candidates=open_now,
            scenario=BANK,
            policy=policy,
            draw=float(rng.random()),
            decision_id=str(n),
            site="site-1",
            placement=place.id,
            token=None,
            sighting_id=None,
            receipt_id=None,
            now=T0,
        )
        for candidate in decision.candidates:
            item = BANK.items[candidate.item_id]
            assert item.attributes.get("risk", 0) <= known
            assert "assets" not in item.attributes
            assert place.surface is not Surface.PUBLIC_SCREEN or item.attributes.get("neutral") is True
        shown.add(decision.item_id)
    assert "technology-fund" in shown  # R5, to clients of C5
    assert {item for item in shown if BANK.items[item].attributes.get("neutral")}
