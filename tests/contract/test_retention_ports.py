"""What every VisitLog and every Expiry does."""

from datetime import UTC, datetime, timedelta

import pytest

from visavis.errors import VisavisError
from visavis.ports import Allowance, ConsentLedger, DecisionLog, EventLog, Expiry, OutcomeLog, PlayLog, Roster, VisitLog
from visavis.testing import (
    T0,
    a_campaign,
    a_consent,
    a_decision,
    a_member,
    a_withdrawal,
    an_event,
    an_impression,
    an_outcome,
)
from visavis.types import MemberId, Ran, Token

GRACE = MemberId("member-1")
TODAY = T0.date()
DAY = timedelta(days=1)


async def test_r10_the_last_visit_of_each_member_is_kept(visits: VisitLog, roster: Roster) -> None:
    """An earlier day that is told late takes nothing back."""
    await roster.save(a_member())
    assert await visits.last() == {}
    assert await visits.came(GRACE, TODAY) is None
    assert await visits.came(GRACE, TODAY + 2 * DAY) is None
    await visits.came(GRACE, TODAY + DAY)
    assert await visits.last() == {GRACE: TODAY + 2 * DAY}


async def test_r10_news_is_told_once_and_at_the_next_visit(visits: VisitLog, roster: Roster) -> None:
    """Also to a member whose visits were never counted; the newest news counts."""
    await roster.save(a_member())
    await visits.tell(GRACE, "first")
    await visits.tell(GRACE, "second")
    assert await visits.last() == {GRACE: a_member().enrolled_at.date()}
    assert await visits.came(GRACE, TODAY) == "second"
    assert await visits.came(GRACE, TODAY) is None
    await visits.tell(GRACE, "third")
    assert await visits.last() == {GRACE: TODAY}
    assert await visits.came(GRACE, TODAY + DAY) == "third"


async def test_r10_visits_go_with_their_member(visits: VisitLog, roster: Roster) -> None:
    """Nothing is kept of somebody who has gone, nor told to them."""
    await roster.save(a_member())
    await visits.came(GRACE, TODAY)
    await roster.remove(GRACE)
    assert await visits.last() == {}
    await visits.tell(GRACE, "news")
    assert await visits.came(GRACE, TODAY) is None
    assert await visits.last() == {}


async def test_r10_the_last_run_of_each_category_is_evidence(visits: VisitLog) -> None:
    """One line a category: the newest."""
    assert await visits.runs() == {}
    await visits.ran("event", at=T0, removed=7)
    await visits.ran("biometric", at=T0, removed=0)
    await visits.ran("event", at=T0 + DAY, removed=1)
    assert await visits.runs() == {"biometric": Ran(at=T0, removed=0), "event": Ran(at=T0 + DAY, removed=1)}


# ------ expiry

LIMITED = a_campaign(budget_impressions=10, cap_per_member_day=5)


@pytest.fixture
async def logs(
    events: EventLog, decisions: DecisionLog, plays: PlayLog, outcomes: OutcomeLog, allowance: Allowance
) -> None:
    """An old visit, of which one event came later, and a visit of three days after."""
    for name, at in (("old", T0), ("new", T0 + 3 * DAY)):
        await decisions.append(a_decision(id=name, token=Token("grace"), decided_at=at))
        await allowance.reserve(name, LIMITED, Token("grace"), at)
        await plays.append([an_impression(id=f"{name}-{n}", decision_id=name, at=at) for n in range(2)])
        await outcomes.append([an_outcome(id=f"{name}-o", decision_id=name, attributed_at=at)])
        await events.append([an_event(id=f"{name}-e", token=Token("grace"), decision_id=name, occurred_at=at)])
    await events.append([an_event(id="late", token=Token("grace"), decision_id="old", occurred_at=T0 + 3 * DAY)])


@pytest.mark.usefixtures("logs")
async def test_r10_events_go_by_the_time_they_happened(expiry: Expiry, events: EventLog) -> None:
    """What happened at the very moment of the limit stays."""
    assert await expiry.expire("event", T0) == {"event": 0}
    assert await expiry.expire("event", T0 + DAY) == {"event": 1}
    assert [event.id for event in await events.of(Token("grace"))] == ["late", "new-e"]


@pytest.mark.usefixtures("logs")
async def test_r10_a_decision_goes_with_its_plays_and_outcomes(
    expiry: Expiry, decisions: DecisionLog, plays: PlayLog, outcomes: OutcomeLog
) -> None:
    """Nothing is left that hangs on it; the newer one is whole."""
    assert await expiry.expire("decision", T0 + DAY) == {"outcome": 1, "impression": 2, "decision": 1}
    assert await decisions.get("old") is None
    assert await decisions.get("new") is not None
    assert [len(await plays.of(name)) for name in ("old", "new")] == [0, 2]
    assert [len(await outcomes.of(name)) for name in ("old", "new")] == [0, 1]
    assert await plays.unanswered(T0 + 9 * DAY) == []


@pytest.mark.usefixtures("logs")
async def test_r10_counts_of_the_day_go_and_budgets_stay(expiry: Expiry, allowance: Allowance) -> None:
    """The member's cap of the old day is free again; what was spent stays spent."""
    assert await expiry.expire("allowance", T0 + DAY) == {"cap": 1, "reservation": 1}
    used = a_campaign(budget_impressions=2, cap_per_member_day=1)
    assert await allowance.exhausted([used], None, T0) == {used.id}
    only_cap = a_campaign(budget_impressions=None, cap_per_member_day=1)
    assert await allowance.exhausted([only_cap], Token("grace"), T0) == frozenset()
    assert await allowance.exhausted([only_cap], Token("grace"), T0 + 3 * DAY) == {only_cap.id}


@pytest.mark.parametrize("category", ["event", "decision", "allowance"])
@pytest.mark.usefixtures("logs")
async def test_r10_what_is_due_is_what_goes(expiry: Expiry, category: str) -> None:
    """Looking changes nothing; the second run finds nothing."""
    before = T0 + DAY
    due = await expiry.due(category, before, now=T0 + 9 * DAY)
    assert sum(due.values()) > 0
    assert await expiry.due(category, before, now=T0 + 9 * DAY) == due
    assert await expiry.expire(category, before) == due
    assert set((await expiry.expire(category, before)).values()) == {0}


async def test_r10_nothing_younger_than_a_day_goes_whatever_is_asked(expiry: Expiry, events: EventLog) -> None:
    """A wrong setting or a stolen role cannot empty the log of today."""
    now = datetime.now(UTC)
    await events.append([an_event(id=str(hours), occurred_at=now - timedelta(hours=hours)) for hours in (0, 23, 25)])
    assert await expiry.due("event", now + 99 * DAY, now=now) == {"event": 1}
    assert await expiry.expire("event", now + 99 * DAY) == {"event": 1}


@pytest.mark.usefixtures("logs")
async def test_r10_an_unknown_category_deletes_nothing(expiry: Expiry, events: EventLog) -> None:
    """Refused with an error of ours."""
    with pytest.raises(VisavisError):
        await expiry.expire("everything", T0 + 9 * DAY)
    assert len(await events.of(Token("grace"))) == 3


async def test_r10_many_rows_go_in_pieces(expiry: Expiry, events: EventLog) -> None:
    """More than one piece of them, and the new one stays."""
    await events.append([an_event(id=f"{n}", occurred_at=T0 + timedelta(seconds=n)) for n in range(5001)])
    await events.append([an_event(id="new", occurred_at=T0 + 9 * DAY)])
    assert await expiry.expire("event", T0 + DAY) == {"event": 5001}
    assert await expiry.expire("event", T0 + 10 * DAY) == {"event": 1}


# ------ receipts


async def test_r10_receipts_of_who_has_gone_go_after_their_time(
    edge_expiry: Expiry, edge_ledger: ConsentLedger, roster: Roster
) -> None:
    """Whole histories, by the end of the last consent; those of members stay however old they are."""
    await roster.save(a_member())
    for name in ("member-1", "gone", "still"):
        await edge_ledger.append(
            [
                a_consent(id=f"{name}-1", subject=name, given_at=T0, expires_at=T0 + 9 * DAY),
                a_withdrawal(id=f"{name}-w", consent_id=f"{name}-1", subject=name, withdrawn_at=T0 + DAY),
                a_consent(id=f"{name}-2", subject=name, given_at=T0, expires_at=T0 + 2 * DAY),
            ]
        )
    await edge_ledger.append([a_consent(id="still-3", subject="still", given_at=T0, expires_at=T0 + 4 * DAY)])
    for before, due in ((T0 + 2 * DAY, 0), (T0 + 3 * DAY, 3)):
        assert await edge_expiry.due("consent", before, now=T0 + 99 * DAY) == {"ledger": due}
        assert await edge_expiry.expire("consent", before) == {"ledger": due}
    assert await edge_ledger.history("gone") == []
    assert [len(await edge_ledger.history(name)) for name in ("member-1", "still")] == [3, 4]
    assert await edge_expiry.expire("consent", T0 + 99 * DAY) == {"ledger": 4}


async def test_r10_a_consent_that_holds_keeps_its_history(edge_expiry: Expiry, edge_ledger: ConsentLedger) -> None:
    """Whatever is asked, and though there is no member of that name yet."""
    now = datetime.now(UTC)
    await edge_ledger.append([a_consent(given_at=T0, expires_at=now + DAY)])
    assert await edge_expiry.expire("consent", now + 999 * DAY) == {"ledger": 0}
    with pytest.raises(VisavisError):
        await edge_expiry.expire("event", now)
    assert len(await edge_ledger.history(a_consent().subject)) == 1
