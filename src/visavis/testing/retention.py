"""Visits and deletion by age in memory."""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

from visavis.errors import InputRefused
from visavis.testing.edge import MemoryLedger, MemoryRoster, here
from visavis.testing.hub import MemoryAllowance, MemoryDecisions, MemoryEvents, MemoryOutcomes, MemoryPlays
from visavis.types import Consent, MemberId, Ran, Withdrawal

YOUNG = timedelta(days=1)


def _wall() -> datetime:
    return datetime.now(UTC)


class MemoryVisits:
    """Implements `ports.VisitLog`."""

    def __init__(self, roster: MemoryRoster) -> None:
        self._roster = roster
        self._days: dict[MemberId, date] = {}
        self._news: dict[MemberId, str] = {}
        self._runs: dict[str, Ran] = {}

    async def came(self, member_id: MemberId, day: date) -> str | None:
        """Keep the day; what waited to be told, once."""
        if not await here(self._roster, member_id):
            return None
        self._days[member_id] = max(day, self._days.get(member_id, day))
        return self._news.pop(member_id, None)

    async def last(self) -> Mapping[MemberId, date]:
        """Day of each member's last visit."""
        return {member.id: self._days[member.id] for member in await self._roster.members() if member.id in self._days}

    async def tell(self, member_id: MemberId, news: str) -> None:
        """What the member hears at the next visit."""
        for member in await self._roster.members():
            if member.id == member_id:
                self._days.setdefault(member_id, member.enrolled_at.date())
                self._news[member_id] = news

    async def ran(self, category: str, *, at: datetime, removed: int) -> None:
        """What a run did to a category."""
        self._runs[category] = Ran(at=at, removed=removed)

    async def runs(self) -> Mapping[str, Ran]:
        """The last run of each category."""
        return dict(sorted(self._runs.items()))


class MemoryReceipts:
    """Implements `ports.Expiry` over the edge's ledger: receipts of members who have gone."""

    def __init__(self, roster: MemoryRoster, ledger: MemoryLedger, now: Callable[[], datetime] = _wall) -> None:
        """`now` says what is younger than a day."""
        self._roster, self._ledger, self._now = roster, ledger, now

    async def expire(self, category: str, before: datetime) -> Mapping[str, int]:
        """Delete what is older; store -> rows."""
        if category != "consent":
            raise InputRefused("no such category")
        old = await self._old(min(before, self._now() - YOUNG))
        for key in old:
            del self._ledger.entries[key]
        return {"ledger": len(old)}

    async def due(self, category: str, before: datetime, *, now: datetime) -> Mapping[str, int]:
        """What `expire` would delete now."""
        return {"ledger": len(await self._old(min(before, now - YOUNG))) if category == "consent" else 0}

    async def _old(self, before: datetime) -> list[str]:
        entries = self._ledger.entries.values()
        members = {member.id for member in await self._roster.members()}
        withdrawn = {entry.consent_id: entry.withdrawn_at for entry in entries if isinstance(entry, Withdrawal)}
        ends: dict[str, datetime] = {}
        for entry in entries:
            if isinstance(entry, Consent) and entry.subject not in members:
                end = min(entry.expires_at, withdrawn.get(entry.id, entry.expires_at))
                ends[entry.subject] = max(end, ends.get(entry.subject, end))
        return [entry.id for entry in entries if entry.subject in ends and ends[entry.subject] < before]


class MemoryExpiry:
    """Implements `ports.Expiry` over the hub's logs."""

    def __init__(
        self,
        *,
        outcomes: MemoryOutcomes,
        plays: MemoryPlays,
        events: MemoryEvents,
        allowance: MemoryAllowance,
        decisions: MemoryDecisions,
        now: Callable[[], datetime] = _wall,
    ) -> None:
        """`now` says what is younger than a day."""
        self._outcomes, self._plays, self._events = outcomes, plays, events
        self._allowance, self._decisions, self._now = allowance, decisions, now

    async def expire(self, category: str, before: datetime) -> Mapping[str, int]:
        """Delete what is older; store -> rows."""
        found = self._old(category, min(before, self._now() - YOUNG))
        for rows, keys in found.values():
            for key in keys:
                del rows[key]
        return {store: len(keys) for store, (_, keys) in found.items()}

    async def due(self, category: str, before: datetime, *, now: datetime) -> Mapping[str, int]:
        """What `expire` would delete now."""
        return {store: len(keys) for store, (_, keys) in self._old(category, min(before, now - YOUNG)).items()}

    def _old(self, category: str, before: datetime) -> dict[str, tuple[dict[Any, Any], list[Any]]]:
        match category:
            case "event":
                events = self._events.rows
                return {"event": (events, [key for key, e in events.items() if e.occurred_at < before])}
            case "decision":
                decisions, outcomes, plays = self._decisions.rows, self._outcomes.rows, self._plays.rows
                old = {key for key, decision in decisions.items() if decision.decided_at < before}
                return {
                    "outcome": (outcomes, [key for key, (_, o) in outcomes.items() if o.decision_id in old]),
                    "impression": (plays, [key for key, p in plays.items() if p.decision_id in old]),
                    "decision": (decisions, list(old)),
                }
            case "allowance":
                caps, reserved, day = self._allowance.caps, self._allowance.reservations, before.date()
                return {
                    "cap": (caps, [key for key in caps if key[2] < day]),
                    "reservation": (reserved, [key for key, r in reserved.items() if r.day < day]),
                }
        raise InputRefused("no such category")
