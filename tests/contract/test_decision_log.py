"""What every DecisionLog does."""

from dataclasses import replace
from datetime import timedelta

from visavis.ports import DecisionLog
from visavis.testing import T0, a_decision
from visavis.types import Candidate, Reason


async def test_a_decision_comes_back_exactly(decisions: DecisionLog) -> None:
    """To the last bit of every number: it must be possible to replay it."""
    third = 1 / 3
    decision = a_decision(
        candidates=tuple(Candidate(item_id=i, campaign_id="c", score=0.1 * n) for n, i in enumerate("xyz")),
        item_id="z",
        probabilities=(third, third, 1 - 2 * third),
        estimates=(0.1 + 0.2, -1e-300, 5e-324),
        features=(2**0.5, 1e17, -0.0),
        draw=0.9999999999999999,
        reasons=(Reason(code="b", detail={"z": "1", "a": "茶"}), Reason(code="a")),
        decided_at=T0.replace(microsecond=1),
        teaches=False,
        widths=(0.1, 5e-324, 2**0.5),
        cap=1 / 3,
        slate="slate-1",
        position=2,
    )
    await decisions.append(decision)
    assert await decisions.get(decision.id) == decision
    assert await decisions.recent() == [decision]


async def test_a_decision_for_nobody(decisions: DecisionLog) -> None:
    """Without token, sighting, receipt, features or reasons."""
    decision = a_decision(token=None, sighting_id=None, receipt_id=None, features=(), reasons=())
    await decisions.append(decision)
    assert await decisions.get(decision.id) == decision


async def test_a_decision_is_never_changed(decisions: DecisionLog) -> None:
    await decisions.append(a_decision())
    await decisions.append(a_decision(draw=0.9))
    assert await decisions.recent() == [a_decision()]


async def test_an_unknown_decision(decisions: DecisionLog) -> None:
    assert await decisions.get("decision-9") is None


async def test_newest_first_of_one_scenario_or_all(decisions: DecisionLog) -> None:
    """Of two at the same time the one appended later is the newer."""
    late = a_decision(id="late", decided_at=T0 + timedelta(seconds=1))
    for decision in (late, a_decision(id="z"), a_decision(id="a"), replace(late, id="other", scenario="other")):
        await decisions.append(decision)
    assert [d.id for d in await decisions.recent()] == ["other", "late", "a", "z"]
    assert [d.id for d in await decisions.recent(2)] == ["other", "late"]
    assert [d.id for d in await decisions.recent(2, scenario="sample")] == ["late", "a"]
    assert await decisions.recent(scenario="unknown") == []
