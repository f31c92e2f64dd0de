"""What every Eraser does."""

from dataclasses import dataclass

import pytest

from visavis.ports import Allowance, ConsentLedger, DecisionLog, Eraser, EventLog, OutcomeLog, PlayLog
from visavis.testing import T0, a_campaign, a_consent, a_decision, a_withdrawal, an_event, an_impression, an_outcome
from visavis.types import Stage, Token

LIMITED = a_campaign(budget_impressions=10, cap_per_member_day=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Logs:
    """All that the hub keeps about a token."""

    hub_ledger: ConsentLedger
    events: EventLog
    decisions: DecisionLog
    plays: PlayLog
    outcomes: OutcomeLog
    allowance: Allowance

    async def live(self, name: str) -> None:
        """A visit: consent, two events, one more by nobody in answer, a decision, two stages, an outcome, a place."""
        token, decision = Token(name), f"{name}-decision"
        await self.hub_ledger.append(
            [a_consent(id=f"{name}-c", subject=name), a_withdrawal(id=f"{name}-w", subject=name)]
        )
        await self.decisions.append(a_decision(id=decision, token=token, receipt_id=f"{name}-c"))
        await self.allowance.reserve(decision, LIMITED, token, T0)
        await self.plays.append(
            [an_impression(id=f"{name}-{s}", decision_id=decision, stage=s) for s in (Stage.RENDERED, Stage.ON_GLASS)]
        )
        await self.events.append(
            [
                an_event(id=f"{name}-1", token=token, decision_id=None),
                an_event(id=f"{name}-2", token=token, decision_id=decision),
                an_event(id=f"{name}-3", token=None, decision_id=decision),
            ]
        )
        await self.outcomes.append([an_outcome(id=f"{name}-o", decision_id=decision)])


@pytest.fixture
def logs(
    hub_ledger: ConsentLedger,
    events: EventLog,
    decisions: DecisionLog,
    plays: PlayLog,
    outcomes: OutcomeLog,
    allowance: Allowance,
) -> Logs:
    return Logs(
        hub_ledger=hub_ledger,
        events=events,
        decisions=decisions,
        plays=plays,
        outcomes=outcomes,
        allowance=allowance,
    )


async def test_erasure_counts_what_it_removed(logs: Logs, eraser: Eraser) -> None:
    """One entry a store, consents last."""
    await logs.live("anna")
    removed = await eraser.erase(Token("anna"))
    assert list(removed.items()) == [
        ("outcome", 1),
        ("impression", 2),
        ("event", 3),
        ("allowance", 1),
        ("decision", 1),
        ("ledger", 2),
    ]


async def test_nothing_of_the_token_is_left(logs: Logs, eraser: Eraser) -> None:
    """Not even the day's count: a new member with the same token would start afresh."""
    await logs.live("anna")
    await eraser.erase(Token("anna"))
    assert await logs.hub_ledger.history("anna") == []
    assert await logs.events.of(Token("anna")) == []
    assert await logs.decisions.get("anna-decision") is None
    assert await logs.plays.of("anna-decision") == []
    assert await logs.outcomes.of("anna-decision") == []
    assert await logs.allowance.exhausted([LIMITED], Token("anna"), T0) == frozenset()


async def test_others_lose_nothing(logs: Logs, eraser: Eraser) -> None:
    """Ben's rows stay, and the budget stays spent by what Anna saw."""
    await logs.live("anna")
    await logs.live("ben")
    await eraser.erase(Token("anna"))
    assert len(await logs.hub_ledger.history("ben")) == 2
    assert len(await logs.events.of(Token("ben"))) == 2
    assert await logs.decisions.get("ben-decision") is not None
    assert len(await logs.plays.of("ben-decision")) == 2
    assert len(await logs.outcomes.of("ben-decision")) == 1
    assert await logs.allowance.exhausted([LIMITED], Token("ben"), T0) == {LIMITED.id}
    two = a_campaign(budget_impressions=2)
    assert await logs.allowance.exhausted([two], None, T0) == {two.id}


async def test_readers_of_outcomes_go_on(logs: Logs, eraser: Eraser) -> None:
    """Numbers are not used again: an outcome after an erasure comes after all that a reader saw."""
    await logs.live("anna")
    position = max(number for number, _ in await logs.outcomes.after(0))
    await eraser.erase(Token("anna"))
    await logs.live("ben")
    assert [outcome.id for _, outcome in await logs.outcomes.after(position)] == ["ben-o"]


async def test_erasing_again_or_a_stranger_removes_nothing(logs: Logs, eraser: Eraser) -> None:
    await logs.live("anna")
    await eraser.erase(Token("anna"))
    assert set((await eraser.erase(Token("anna"))).values()) == {0}
    assert set((await eraser.erase(Token("nobody"))).values()) == {0}


async def test_whoever_has_left_a_trace_is_named(logs: Logs, eraser: Eraser) -> None:
    """Also by a consent alone; nobody who was erased."""
    assert await eraser.tokens() == frozenset()
    await logs.live("token-1")
    await logs.live("token-2")
    await logs.hub_ledger.append([a_consent(id="alone", subject="token-3")])
    assert await eraser.tokens() == {"token-1", "token-2", "token-3"}
    await eraser.erase(Token("token-1"))
    assert await eraser.tokens() == {"token-2", "token-3"}
