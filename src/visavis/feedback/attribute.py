"""reaction -> outcome: what was on the glass counts, once, and the strongest reaction wins."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import NAMESPACE_URL, uuid5

from visavis.types import Decision, Event, Outcome, Scenario

NO_REACTION = "no_reaction"


def attribute(
    event: Event,
    decision: Decision,
    earlier: Sequence[Outcome],
    scenario: Scenario,
    *,
    shown_at: datetime,
    now: datetime,
) -> Outcome | None:
    """The reward that an event adds to a decision; None when it adds nothing.

    Args:
        event: What happened; a reaction names the decision's own item.
        decision: What was shown.
        earlier: Outcomes of the decision so far.
        scenario: Rewards and the attribution window.
        shown_at: When the decision came on the glass.
        now: Stamped on the outcome.
    """
    kind = scenario.event_types[event.kind]
    window = timedelta(seconds=scenario.attribution_window_s)
    answers = kind.reaction and event.decision_id == decision.id and event.item_id in (None, decision.item_id)
    if not answers or not timedelta(0) <= event.occurred_at - shown_at <= window:
        return None
    if any(outcome.event_id == event.id for outcome in earlier):
        return None
    gained = kind.reward - sum(outcome.reward for outcome in earlier)
    if earlier and gained <= 0:
        return None
    return Outcome(
        id=_outcome_id(decision, len(earlier)),
        decision_id=decision.id,
        kind=event.kind,
        reward=max(0.0, min(1.0, gained)),
        first=not earlier,
        event_id=event.id,
        attributed_at=now,
    )


def lapse(decision: Decision, now: datetime) -> Outcome:
    """Nobody reacted so far: a reward of 0, as the decision's first outcome."""
    return Outcome(
        id=_outcome_id(decision, 0),
        decision_id=decision.id,
        kind=NO_REACTION,
        reward=0.0,
        first=True,
        event_id=None,
        attributed_at=now,
    )


def _outcome_id(decision: Decision, number: int) -> str:
    # Two processes that answer the same decision at once make the same id: one of them is refused, reads again and
    # attributes what is left.
    return str(uuid5(NAMESPACE_URL, f"visavis:outcome:{decision.id}:{number}"))
