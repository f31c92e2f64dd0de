"""The hub's ports in memory."""

from collections import Counter
from collections.abc import Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from visavis.testing.edge import MemoryLedger
from visavis.testing.signals import MemorySignals
from visavis.types import (
    Campaign,
    Decision,
    Event,
    Impression,
    Item,
    Outcome,
    Placement,
    PolicySnapshot,
    Stage,
    Token,
)

CHECKPOINT = 256  # of older snapshots every so many-th is kept


class MemoryEvents:
    """Implements `ports.EventLog`."""

    def __init__(self) -> None:
        self.rows: dict[str, Event] = {}

    async def append(self, events: Sequence[Event]) -> int:
        """Number of events that were new."""
        before = len(self.rows)
        for event in events:
            self.rows.setdefault(event.id, event)
        return len(self.rows) - before

    async def of(self, token: Token, limit: int = 1000) -> Sequence[Event]:
        """The token's last events, oldest first (by time, then id)."""
        theirs = [event for event in self.rows.values() if event.token == token]
        return sorted(theirs, key=lambda event: (event.occurred_at, event.id))[-limit:]


class MemoryDecisions:
    """Implements `ports.DecisionLog`."""

    def __init__(self, signals: MemorySignals) -> None:
        self._signals = signals
        self.rows: dict[str, Decision] = {}

    async def append(self, decision: Decision) -> None:
        """Kept once."""
        if decision.id not in self.rows:
            self.rows[decision.id] = decision
            await self._signals.publish("decision", decision.id)

    async def get(self, decision_id: str) -> Decision | None:
        """None when unknown or erased."""
        return self.rows.get(decision_id)

    async def recent(self, limit: int = 50, scenario: str | None = None) -> Sequence[Decision]:
        """Newest first."""
        wanted = [d for d in self.rows.values() if scenario in (None, d.scenario)]
        return sorted(wanted, key=lambda d: d.decided_at)[::-1][:limit]


class MemoryOutcomes:
    """Implements `ports.OutcomeLog`."""

    def __init__(self, signals: MemorySignals) -> None:
        self._signals = signals
        self._last = 0
        self.rows: dict[str, tuple[int, Outcome]] = {}

    async def append(self, outcomes: Sequence[Outcome]) -> int:
        """Number that were new; a second `first` of one decision is not."""
        new = 0
        for outcome in outcomes:
            again = outcome.first and any(o.first for o in await self.of(outcome.decision_id))
            if outcome.id not in self.rows and not again:
                self._last += 1
                self.rows[outcome.id] = (self._last, outcome)
                new += 1
        if new:
            await self._signals.publish("outcome", str(self._last))
        return new

    async def after(self, seq: int, limit: int = 1000) -> Sequence[tuple[int, Outcome]]:
        """Outcomes whose sequence number is greater, in order."""
        return [(number, outcome) for number, outcome in self.rows.values() if number > seq][:limit]

    async def of(self, decision_id: str) -> Sequence[Outcome]:
        """Outcomes of one decision, in order."""
        return [outcome for _, outcome in self.rows.values() if outcome.decision_id == decision_id]


class MemoryPlays:
    """Implements `ports.PlayLog`."""

    def __init__(self, outcomes: MemoryOutcomes, signals: MemorySignals) -> None:
        self._outcomes = outcomes
        self._signals = signals
        self.rows: dict[str, Impression] = {}

    async def append(self, impressions: Sequence[Impression]) -> int:
        """Number of stages that were new."""
        before = len(self.rows)
        for impression in impressions:
            self.rows.setdefault(impression.id, impression)
        new = list(self.rows.values())[before:]
        for decision_id in dict.fromkeys(i.decision_id for i in new):
            await self._signals.publish("impression", decision_id)
        return len(new)

    async def of(self, decision_id: str) -> Sequence[Impression]:
        """Stages of one decision, in order."""
        theirs = [i for i in self.rows.values() if i.decision_id == decision_id]
        return sorted(theirs, key=lambda i: (i.stage, i.at, i.id))

    async def unanswered(self, shown_before: datetime, limit: int = 1000) -> Sequence[str]:
        """Ids of decisions that were on the glass before this time and have no outcome yet, oldest first."""
        answered = {outcome.decision_id for _, outcome in self._outcomes.rows.values()}
        shown: dict[str, datetime] = {}
        for play in self.rows.values():
            if play.stage >= Stage.ON_GLASS and play.decision_id not in answered:
                shown[play.decision_id] = min(play.at, shown.get(play.decision_id, play.at))
        waiting = sorted((at, decision_id) for decision_id, at in shown.items() if at < shown_before)
        return [decision_id for _, decision_id in waiting][:limit]


class MemoryPolicies:
    """Implements `ports.PolicyStore`."""

    def __init__(self, signals: MemorySignals) -> None:
        self._signals = signals
        self._kept: dict[tuple[str, str], dict[int, PolicySnapshot]] = {}

    async def save(self, snapshot: PolicySnapshot) -> None:
        """Keep this version, the newest two, and of the older ones the checkpoints; tells every reader."""
        kept = self._kept.setdefault((snapshot.policy, snapshot.scenario), {})
        if snapshot.version not in kept:
            kept[snapshot.version] = snapshot
            await self._signals.publish("policy", f"{snapshot.scenario}/{snapshot.policy}/{snapshot.version}")
        newest = sorted(kept)[-2:]
        for version in [v for v in kept if v not in newest and v % CHECKPOINT]:
            del kept[version]

    async def latest(self, policy: str, scenario: str) -> PolicySnapshot | None:
        """The newest version."""
        kept = self._kept.get((policy, scenario), {})
        return kept[max(kept)] if kept else None

    async def at(self, policy: str, scenario: str, version: int) -> PolicySnapshot | None:
        """The newest kept version that is not newer than this one."""
        kept = self._kept.get((policy, scenario), {})
        older = [v for v in kept if v <= version]
        return kept[max(older)] if older else None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reservation:
    campaign_id: str
    budgeted: bool
    day: date
    cap: tuple[str, Token, date] | None


class MemoryAllowance:
    """Implements `ports.Allowance`."""

    def __init__(self) -> None:
        self._budgets: Counter[str] = Counter()
        self.caps: Counter[tuple[str, Token, date]] = Counter()
        self.reservations: dict[str, _Reservation] = {}

    async def reserve(self, decision_id: str, campaign: Campaign, token: Token | None, at: datetime) -> bool:
        """Take one impression from budget and cap; False (and nothing taken) when either is used up."""
        if decision_id in self.reservations:
            return True
        if campaign.id in await self.exhausted([campaign], token, at):
            return False
        budgeted, cap = campaign.budget_impressions is not None, _cap(campaign, token, at)
        if budgeted or cap:
            day = at.astimezone(UTC).date()
            self.reservations[decision_id] = _Reservation(campaign_id=campaign.id, budgeted=budgeted, day=day, cap=cap)
        self._count(campaign.id, 1 if budgeted else 0, cap, 1)
        return True

    async def release(self, decision_id: str) -> None:
        """Give back what a decision reserved and never showed."""
        gone = self.reservations.pop(decision_id, None)
        if gone is not None:
            self._count(gone.campaign_id, -1 if gone.budgeted else 0, gone.cap, -1)

    async def exhausted(self, campaigns: Sequence[Campaign], token: Token | None, at: datetime) -> frozenset[str]:
        """Ids of those campaigns whose budget, or cap for this token today (UTC), is used up."""
        return frozenset(c.id for c in campaigns if self._spent(c) or self._capped(c, token, at))

    def _spent(self, campaign: Campaign) -> bool:
        limit = campaign.budget_impressions
        return limit is not None and self._budgets[campaign.id] >= limit

    def _capped(self, campaign: Campaign, token: Token | None, at: datetime) -> bool:
        limit, cap = campaign.cap_per_member_day, _cap(campaign, token, at)
        return limit is not None and cap is not None and self.caps[cap] >= limit

    def _count(self, campaign_id: str, budget: int, cap: tuple[str, Token, date] | None, capped: int) -> None:
        self._budgets[campaign_id] += budget
        if cap is not None:
            self.caps[cap] += capped


def _cap(campaign: Campaign, token: Token | None, at: datetime) -> tuple[str, Token, date] | None:
    if campaign.cap_per_member_day is None or token is None:
        return None
    return (campaign.id, token, at.astimezone(UTC).date())


class MemoryEraser:
    """Implements `ports.Eraser` over the other logs."""

    def __init__(
        self,
        *,
        outcomes: MemoryOutcomes,
        plays: MemoryPlays,
        events: MemoryEvents,
        allowance: MemoryAllowance,
        decisions: MemoryDecisions,
        ledger: MemoryLedger,
    ) -> None:
        self._outcomes, self._plays, self._events = outcomes, plays, events
        self._allowance, self._decisions, self._ledger = allowance, decisions, ledger

    async def erase(self, token: Token) -> Mapping[str, int]:
        """Delete every row of the token, consents last; store -> rows."""
        theirs = {d.id for d in self._decisions.rows.values() if d.token == token}
        caps, reserved = self._allowance.caps, self._allowance.reservations
        _drop(caps, [cap for cap in caps if cap[1] == token])
        return {
            "outcome": _drop(
                self._outcomes.rows, [i for i, (_, o) in self._outcomes.rows.items() if o.decision_id in theirs]
            ),
            "impression": _drop(self._plays.rows, [i for i, p in self._plays.rows.items() if p.decision_id in theirs]),
            "event": _drop(
                self._events.rows,
                [i for i, e in self._events.rows.items() if e.token == token or e.decision_id in theirs],
            ),
            "allowance": _drop(
                reserved, [i for i, r in reserved.items() if i in theirs or (r.cap is not None and r.cap[1] == token)]
            ),
            "decision": _drop(self._decisions.rows, list(theirs)),
            "ledger": _drop(self._ledger.entries, [i for i, e in self._ledger.entries.items() if e.subject == token]),
        }

    async def tokens(self) -> frozenset[Token]:
        """Every token about which anything is kept."""
        caps = {cap[1] for cap in self._allowance.caps}
        caps |= {r.cap[1] for r in self._allowance.reservations.values() if r.cap is not None}
        subjects = {Token(entry.subject) for entry in self._ledger.entries.values()}
        decided = {decision.token for decision in self._decisions.rows.values() if decision.token is not None}
        did = {event.token for event in self._events.rows.values() if event.token is not None}
        return frozenset(caps | subjects | decided | did)


def _drop(rows: MutableMapping[Any, Any], keys: Sequence[Any]) -> int:
    for key in keys:
        del rows[key]
    return len(keys)


class RecordingChannel:
    """Implements `ports.Channel`: keeps what was delivered."""

    def __init__(self) -> None:
        self.delivered: list[tuple[Decision, Item, Placement]] = []

    async def deliver(self, decision: Decision, item: Item, placement: Placement) -> None:
        """Remember it."""
        self.delivered.append((decision, item, placement))
