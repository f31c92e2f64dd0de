"""Business data -> events of members who let us choose by what they did; of everybody else nothing is kept."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from uuid import NAMESPACE_URL, uuid5

from visavis.identity.enrol import for_hub
from visavis.pipeline.allowing import allowing
from visavis.pipeline.edge import Edge
from visavis.ports import AuditLog, ConsentLedger, EventLog
from visavis.privacy.pseudonym import credential_digest
from visavis.types import Event, Purpose, Token

BATCH = 5000  # events that are checked and kept together


class Reference(StrEnum):
    """What a business system calls a member."""

    CARD = "card"  # the text of a card or a PIN
    MEMBER = "member"  # the id at this site's edge
    PSEUDONYM = "pseudonym"  # the token at the hub


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What became of rows of members; the numbers sum to the rows."""

    kept: int  # new events
    known: int  # were here before
    repeated: int  # came twice in the file
    strangers: int  # of whom nobody here is a member
    without_consent: int  # of members who do not allow to choose by what they did


@dataclass(frozen=True, slots=True, kw_only=True)
class Importer:
    """Both halves of a site: the edge knows who a card belongs to, the hub keeps what happened."""

    edge: Edge
    events: EventLog
    ledger: ConsentLedger  # the hub's
    audit: AuditLog  # the hub's

    async def take(
        self,
        rows: Sequence[tuple[str, Event]],
        *,
        reference: Reference,
        source: str,
        dry_run: bool = False,
        progress: Callable[[str, float], None] = lambda _step, _share: None,
    ) -> Imported:
        """Keep the events of members with a live consent; taking the same again changes nothing.

        Consent is asked for again before each batch. Cut off half-way, take the file again: what is here is known.

        Args:
            rows: who, as the business system calls them, and what; an event without an id gets one from its content.
            reference: what it calls them by.
            source: names the business system; part of such an id.
            dry_run: count only; what is here already counts as kept.
            progress: hears how far it is.
        """
        tokens = await self._tokens(reference)
        found = {who: tokens.get(self._name(who, reference)) for who in dict.fromkeys(who for who, _ in rows)}
        named = [(token, event) for who, event in rows if (token := found[who]) is not None]
        events = list({e.id: e for e in (_owned(token, event, source) for token, event in named)}.values())
        counts: Counter[str] = Counter()
        for start in range(0, len(events), BATCH):
            batch = events[start : start + BATCH]
            allowed = await self._allowed(batch)
            counts["without_consent"] += len(batch) - len(allowed)
            new = len(allowed) if dry_run else await self._kept(allowed)
            counts["kept"] += new
            counts["known"] += len(allowed) - new
            progress("keeping the events", (start + len(batch)) / len(events))
        done = Imported(
            kept=counts["kept"],
            known=counts["known"],
            repeated=len(named) - len(events),
            strangers=len(rows) - len(named),
            without_consent=counts["without_consent"],
        )
        if not dry_run:
            await self._note(source, done)
        return done

    async def _tokens(self, reference: Reference) -> Mapping[str | bytes, Token]:
        """Whatever a member may be called by -> their token."""
        members = await self.edge.roster.members()
        match reference:
            case Reference.CARD:
                return {digest: member.token for member in members for digest in member.credentials}
            case Reference.MEMBER:
                return {str(member.id): member.token for member in members}
            case Reference.PSEUDONYM:
                return {str(member.token): member.token for member in members}

    def _name(self, who: str, reference: Reference) -> str | bytes:
        return credential_digest(self.edge.keys, who) if reference is Reference.CARD else who

    async def _kept(self, events: Sequence[Event]) -> int:
        """Number that were new; whoever took their consent back meanwhile is forgotten once more."""
        new = await self.events.append(events)
        still = {event.token for event in await self._allowed(events)}
        gone = {event.token for event in events} - still
        for member in await self.edge.roster.members() if gone else ():
            if member.token in gone:
                await self.edge.link.forget(member.token)
                await self.edge.link.consented(for_hub(await self.edge.consents(member.id), member))
        return new

    async def _allowed(self, events: Sequence[Event]) -> list[Event]:
        tokens = [event.token for event in events if event.token is not None]
        edge = self.edge
        allowed = await allowing(
            self.ledger, tokens, Purpose.PERSONALISE, scenario=edge.scenario, site=edge.site, at=edge.clock.now()
        )
        return [event for event in events if event.token in allowed]

    async def _note(self, source: str, done: Imported) -> None:
        detail = {"kept": str(done.kept), "known": str(done.known)}
        await self.audit.append(
            actor="command line", action="events_imported", subject=source, detail=detail, at=self.edge.clock.now()
        )


def _owned(token: Token, event: Event, source: str) -> Event:
    """The member's event; the same content from the same source has the same id."""
    if not event.id:
        content = (source, token, event.kind, event.occurred_at.isoformat(), event.item_id, event.placement)
        amounts = (repr(event.value), repr(event.dwell_s))
        event = replace(event, id=str(uuid5(NAMESPACE_URL, "\n".join(map(str, (*content, *amounts))))))
    return replace(event, token=token)
