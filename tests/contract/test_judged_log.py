"""What every JudgedLog does."""

from datetime import timedelta

import pytest

from visavis.ports import DecisionLog, JudgedLog, OutcomeLog
from visavis.testing import T0, a_decision, an_outcome

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
