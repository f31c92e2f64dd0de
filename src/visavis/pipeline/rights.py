"""Access: everything that a site holds about one person, as one document for their own eyes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from visavis.behaviour.profile import profile
from visavis.errors import ConsentMissing, KeyDestroyed, KeyHeld, MemberUnknown
from visavis.identity.enrol import nickname
from visavis.pipeline.edge import Edge
from visavis.ports import EventLog, Held
from visavis.privacy.consent import permit, standing
from visavis.privacy.holder import keys_with
from visavis.privacy.pseudonym import credential_digest
from visavis.privacy.receipts import Terms, sign_receipt, withdrawal_receipt
from visavis.privacy.register import Place, for_member
from visavis.recommend.reasons import words
from visavis.types import Consent, Member, Purpose, Reason, Scenario, Token, Withdrawal

VERSION = 1
LEAST_TOKEN = 8  # characters: what lists show
LEFT_OUT = {
    "en": "Left out, since whoever holds them could pretend to be you: keys, digests of card and PIN, and the numbers "
    "of face templates. Pictures are not kept at all.",
    "zh-CN": "未包含以下内容，因为持有者可能冒充您：密钥、卡片与 PIN 码的摘要、人脸模板的数值。照片完全不保存。",
}


class Why(StrEnum):
    """What staff looks at a member's data for; nothing else is a reason."""

    MEMBER = "member"  # the member asked
    AUTHORITY = "authority"  # a supervisory authority, or a court
    COMPLAINT = "complaint"
    BREACH = "breach"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rights:
    """Both halves of a site, for requests of members."""

    edge: Edge
    events: EventLog
    edge_held: Held
    hub_held: Held
    terms: Terms
    places: Sequence[Place]

    async def find(self, *, token: str | None = None, card: str | None = None) -> Member:
        """A member by pseudonym, its first characters, or the card or PIN that they show at the desk.

        Raises:
            MemberUnknown: There is none, or more than one whose pseudonym begins like this.
        """
        if card is not None:
            found = await self.edge.roster.find(credential_digest(self.edge.keys, card))
            matching = [found] if found else []
        else:
            start = (token or "").strip().lower()
            enough = len(start) >= LEAST_TOKEN
            matching = [m for m in await self.edge.roster.members() if enough and m.token.startswith(start)]
        if len(matching) != 1:
            raise MemberUnknown
        (member,) = matching
        self.edge.members.setdefault(member.id, member)
        return member

    async def export(self, member: Member, *, actor: str, why: Why, holder: bytes = b"") -> dict[str, Any]:
        """The document, and a line in the audit log: who had it made, and what for."""
        await self.note(actor, "exported", member, {"purpose": why.value})
        return await self.gather(member, holder)

    async def note(self, actor: str, action: str, member: Member, detail: Mapping[str, str]) -> None:
        """A line in the audit log: who did what for a member."""
        at = self.edge.clock.now()
        await self.edge.audit.append(actor=actor, action=action, subject=member.token, detail=detail, at=at)

    async def gather(self, member: Member, holder: bytes = b"") -> dict[str, Any]:
        """The document; everything in it can be written as JSON. Keys, digests and templates are not in it.

        Where only the member's card opens the nickname, it is in it only with the card's secret, the holder.
        """
        edge = await self.edge_held.held(member.id, member.token)
        hub = await self.hub_held.held(member.token, member.token)
        history = await self.edge.consents(member.id)
        scenario = self.edge.scenario
        return {
            "version": VERSION,
            "made_at": self.edge.clock.now().isoformat(),
            "site": self.edge.site,
            "scenario": dict(scenario.title),
            "contact": self.terms.contact,
            "jurisdiction": self.terms.jurisdiction,
            "profile": self._profile(member, holder),
            "consents": self._consents(history),
            "interests": await self._interests(member.token, history),
            "decisions": [_decision(row, scenario) for row in hub.get("decision", ())],
            "events": [_event(row, scenario) for row in hub.get("event", ())],
            "left_out": dict(LEFT_OUT),
            "places": [for_member(place) for place in self.places if place.about_members],
            "rows": {"edge": edge, "hub": hub},
        }

    def _profile(self, member: Member, holder: bytes) -> dict[str, Any]:
        try:
            name: str | None = nickname(member, keys_with(self.edge.keys, holder))
        except (KeyDestroyed, KeyHeld):
            name = None  # sealed; only the member's card opens it
        return {
            "nickname": name,
            "locale": member.locale,
            "member_since": member.enrolled_at.isoformat(),
            "pseudonym": member.token,
            "known_by": ["card", "pin", *(["face"] if member.templates else [])],
            "templates": len(member.templates),
        }

    def _consents(self, history: Sequence[Consent | Withdrawal]) -> list[dict[str, Any]]:
        edge = self.edge
        ends = {entry.consent_id: entry for entry in history if isinstance(entry, Withdrawal)}
        lines = standing(history, scenario=edge.scenario, site=edge.site, at=edge.clock.now())
        return [self._consent(line.consent, line.state.value, ends.get(line.consent.id)) for line in lines]

    def _consent(self, consent: Consent, state: str, end: Withdrawal | None) -> dict[str, Any]:
        notice = self.edge.scenario.notices.get(consent.purpose)
        told: dict[str, Any] = {
            "purpose": consent.purpose.value,
            "title": dict(notice.title) if notice else {},
            "state": state,
            "given_at": consent.given_at.isoformat(),
            "expires_at": consent.expires_at.isoformat(),
            "notice_version": consent.notice_version,
            "method": consent.method,
            "receipt": sign_receipt(self.edge.keys, consent, self.terms),
        }
        if end is not None:
            told["withdrawn_at"] = end.withdrawn_at.isoformat()
            told["withdrawal_receipt"] = withdrawal_receipt(self.edge.keys, end, consent, self.terms)
        return told

    async def _interests(self, token: Token, history: Sequence[Consent | Withdrawal]) -> list[dict[str, Any]]:
        """What the events say, by category, strongest first: all that choosing ever sees of a person, if it may."""
        edge, scenario = self.edge, self.edge.scenario
        try:
            permit(
                history,
                purpose=Purpose.PERSONALISE,
                scenario=scenario.name,
                site=edge.site,
                notice_version=scenario.notices[Purpose.PERSONALISE].version,
                at=edge.clock.now(),
            )
        except ConsentMissing:
            return []
        person = profile(token, await self.events.of(token), scenario, edge.clock.now())
        shares = sorted(person.affinity.items(), key=lambda pair: -pair[1])
        return [
            {"category": name, "title": dict(scenario.category_titles.get(name, {})), "share": round(share, 4)}
            for name, share in shares
        ]


def _decision(row: Mapping[str, Any], scenario: Scenario) -> dict[str, Any]:
    item, placement = scenario.items.get(row["item_id"]), scenario.placements.get(row["placement"])
    reasons = [words(Reason(code=code, detail=detail), scenario) for code, detail in row["reasons"]]
    return {
        "id": row["id"],
        "at": row["decided_at"],
        "placement": dict(placement.name) if placement else {},
        "item": dict(item.title) if item else {},
        "reasons": [dict(said) for said in reasons],
    }


def _event(row: Mapping[str, Any], scenario: Scenario) -> dict[str, Any]:
    kind, item = scenario.event_types.get(row["kind"]), scenario.items.get(row["item_id"] or "")
    return {
        "at": row["occurred_at"],
        "kind": row["kind"],
        "meaning": dict(kind.meaning) if kind else {},
        "item": dict(item.title) if item else {},
        "value": row["value"],
        "dwell_s": row["dwell_s"],
    }
