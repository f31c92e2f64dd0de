"""All that one half holds about one person, in memory."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import date, datetime
from enum import Enum
from typing import Any

from visavis.privacy.erasure import digest
from visavis.testing.edge import MemoryCorrections, MemoryErasures, MemoryLedger, MemoryReviews, MemoryRoster
from visavis.testing.hub import MemoryAllowance, MemoryDecisions, MemoryEvents, MemoryOutcomes, MemoryPlays
from visavis.testing.retention import MemoryVisits
from visavis.testing.signals import MemoryAudit
from visavis.testing.states import MemoryStates
from visavis.types import Token

Rows = Sequence[Mapping[str, object]]
HIDDEN = frozenset(
    {"wrapped_key", "nickname", "credentials", "templates", "sealed", "subject_sha256", "previous_sha256", "sha256"}
)


class MemoryEdgeHeld:
    """Implements `ports.Held` for the edge."""

    def __init__(
        self,
        *,
        roster: MemoryRoster,
        ledger: MemoryLedger,
        audit: MemoryAudit,
        corrections: MemoryCorrections,
        reviews: MemoryReviews,
        erasures: MemoryErasures,
        visits: MemoryVisits,
    ) -> None:
        self._roster, self._ledger, self._audit = roster, ledger, audit
        self._corrections, self._reviews, self._erasures = corrections, reviews, erasures
        self._visits = visits

    async def held(self, subject: str, token: Token) -> Mapping[str, Rows]:
        """Table -> rows; without keys, digests and the numbers of templates."""
        members = [member for member in await self._roster.members() if member.id == subject]
        return {
            "member": [_row(member) | {"codes": len(member.credentials)} for member in members],
            "template": [_row(template) for member in members for template in member.templates],
            "ledger": [_row(entry) for entry in await self._ledger.history(subject)],
            "audit": _audit(self._audit, token),
            "correction": [_row(c) for c in await self._corrections.of_member(subject)],
            "review": [_row(r) for member in members for r in await self._reviews.of(member.id)],
            "visit": [{"day": day.isoformat()} for who, day in (await self._visits.last()).items() if who == subject],
            "erasure": [_row(e) for e in await self._erasures.all() if e.subject_sha256 == digest(token)],
        }


class MemoryHubHeld:
    """Implements `ports.Held` for the hub."""

    def __init__(
        self,
        *,
        ledger: MemoryLedger,
        events: MemoryEvents,
        decisions: MemoryDecisions,
        plays: MemoryPlays,
        outcomes: MemoryOutcomes,
        allowance: MemoryAllowance,
        audit: MemoryAudit,
        states: MemoryStates,
    ) -> None:
        self._states = states
        self._ledger, self._events, self._decisions, self._plays = ledger, events, decisions, plays
        self._outcomes, self._allowance, self._audit = outcomes, allowance, audit

    async def held(self, subject: str, token: Token) -> Mapping[str, Rows]:
        """Table -> rows."""
        del subject  # the hub knows tokens alone
        theirs = {d.id for d in self._decisions.rows.values() if d.token == token}
        taken = self._allowance.reservations.items()
        return {
            "ledger": [_row(entry) for entry in await self._ledger.history(token)],
            "event": [_row(e) for e in self._events.rows.values() if e.token == token or e.decision_id in theirs],
            "state": [_row(s) | {"hidden": s.hidden.tolist()} for s in self._states.rows.values() if s.token == token],
            "decision": [
                _row(d) | {"reasons": [[r.code, dict(r.detail)] for r in d.reasons]}
                for d in self._decisions.rows.values()
                if d.token == token
            ],
            "impression": [_row(p) for p in self._plays.rows.values() if p.decision_id in theirs],
            "outcome": [_row(o) for _, o in self._outcomes.rows.values() if o.decision_id in theirs],
            "cap": [
                {"campaign_id": campaign, "token": whose, "day": day.isoformat(), "used": used}
                for (campaign, whose, day), used in self._allowance.caps.items()
                if whose == token
            ],
            "reservation": [
                {"decision_id": decision_id, "campaign_id": r.campaign_id}
                for decision_id, r in taken
                if decision_id in theirs or (r.cap is not None and r.cap[1] == token)
            ],
            "audit": _audit(self._audit, token),
        }


def _audit(log: MemoryAudit, token: Token) -> Rows:
    return [_row(entry) for entry in log.entries if entry.subject == token]


def _row(record: Any) -> dict[str, object]:
    """Fields of a record as JSON has them; those that are keys, digests or numbers of templates are left out."""
    return {f.name: _plain(getattr(record, f.name)) for f in fields(record) if f.name not in HIDDEN}


def _plain(value: Any) -> Any:
    match value:
        case Enum():
            return value.value
        case datetime() | date():
            return value.isoformat()
        case tuple() | list():
            return [_plain(one) for one in value]
        case Mapping():
            return {key: _plain(one) for key, one in value.items()}
        case _:
            return _row(value) if hasattr(value, "__dataclass_fields__") else value
