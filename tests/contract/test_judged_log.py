"""What every JudgedLog does."""

from datetime import timedelta

import pytest

from visavis.ports import DecisionLog, JudgedLog, OutcomeLog, PlayLog
from visavis.testing import T0, a_decision, an_impression, an_outcome
from visavis.types import Stage, Token

MINUTE = timedelta(minutes=1)


async def test_decisions_with_all_that_came_of_them(
    judged: JudgedLog, decisions: DecisionLog, outcomes: OutcomeLog
) -> None:
    """Oldest first; the start is within, the end is not; a decision without an outcome says nothing yet."""
    for number in range(4):
        await decisions.append(a_decision(id=f"decision-{number}", decided_at=T0 + number * MINUTE))
    await decisions.append(a_decision(id="elsewhere", scenario="elsewhere", decided_at=T0 + MINUTE))
    sent = [an_outcome(id=f"o{n}", decision_id=f"decision-{n}", reward=0.25) for n in (3, 2, 0)]
    more = an_outcome(id="more", decision_id="decision-2", first=False, reward=0.5)
    await outcomes.append([*sent, more, an_outcome(id="e", decision_id="elsewhere")])
    scenario = a_decision().scenario
    found = await judged.between(scenario, T0, T0 + 3 * MINUTE)
    assert [one.decision.id for one in found] == ["decision-0", "decision-2"]
    assert [one.reward for one in found] == pytest.approx([0.25, 0.75])
    assert found[1].decision == a_decision(id="decision-2", decided_at=T0 + 2 * MINUTE)
    assert [one.decision.id for one in await judged.between(scenario, T0, T0 + 9 * MINUTE, limit=1)] == ["decision-0"]
    assert list(await judged.between(scenario, T0 + 4 * MINUTE, T0 + 9 * MINUTE)) == []


async def test_what_a_member_was_shown(judged: JudgedLog, decisions: DecisionLog, plays: PlayLog) -> None:
    """Only what was on the glass, since a time, and to them."""
    for number, token in enumerate(("token-1", "token-1", "token-1", "token-2")):
        await decisions.append(a_decision(id=f"decision-{number}", token=Token(token)))
    stages = ((0, Stage.ON_GLASS, 1), (1, Stage.RENDERED, 2), (2, Stage.ON_GLASS, 3), (3, Stage.ON_GLASS, 4))
    for number, stage, minutes in stages:
        play = an_impression(id=f"i{number}", decision_id=f"decision-{number}", stage=stage, at=T0 + minutes * MINUTE)
        await plays.append([play])
    token = Token("token-1")
    assert list(await judged.shown(token, T0)) == [("item-1", T0 + MINUTE), ("item-1", T0 + 3 * MINUTE)]
    assert list(await judged.shown(token, T0 + 2 * MINUTE)) == [("item-1", T0 + 3 * MINUTE)]
