"""What models may learn from: events of members who let models learn from them, at this moment."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from visavis.errors import ConsentMissing
from visavis.ports import ConsentLedger, DecisionLog, Eraser, EventLog
from visavis.privacy.consent import Entry, permit
from visavis.types import Event, Judged, Purpose, Scenario, Token

MOST_EVENTS = 1000  # of a member, the last ones
AT_ONCE = 500  # members whose consents are asked for together


@dataclass(frozen=True, slots=True, kw_only=True)
class Lessons:
    """Events of those who may teach."""

    events: tuple[Event, ...] = field(repr=False)
    teachers: frozenset[Token] = field(repr=False)
    left_out: int  # members without a live consent to improve


@dataclass(frozen=True, slots=True, kw_only=True)
class Teachers:
    """Asks the ledger who may teach, and gathers what they did."""

    ledger: ConsentLedger
    eraser: Eraser
    events: EventLog
    decisions: DecisionLog
    scenario: Scenario
    site: str

    async def gather(self, now: datetime) -> Lessons:
        """Everything that may be learned from now; a reaction to a decision that may not teach is left out."""
        everybody = sorted(await self.eraser.tokens())
        teachers = await self._who_may(everybody, now)
        events = [event for token in teachers for event in await self.events.of(token, MOST_EVENTS)]
        taught = tuple([event for event in events if await self._teaches(event)])
        return Lessons(events=taught, teachers=frozenset(teachers), left_out=len(everybody) - len(teachers))

    async def gone(self, lessons: Lessons, now: datetime) -> int:
        """How many of those who taught may not any more."""
        return len(lessons.teachers) - len(await self._who_may(sorted(lessons.teachers), now))

    async def judged(self, rows: Sequence[Judged], now: datetime) -> list[Judged]:
        """Decisions for those who may teach now, that may teach themselves."""
        tokens = {one.decision.token for one in rows if one.decision.teaches}
        may = set(await self._who_may([token for token in tokens if token is not None], now))
        return [one for one in rows if one.decision.teaches and one.decision.token in may]

    async def _who_may(self, tokens: Sequence[Token], now: datetime) -> list[Token]:
        may: list[Token] = []
        for begin in range(0, len(tokens), AT_ONCE):
            some = tokens[begin : begin + AT_ONCE]
            histories = await self.ledger.histories(some)
            may += [token for token in some if self._permits(histories.get(token, ()), now)]
        return may

    def _permits(self, history: Sequence[Entry], now: datetime) -> bool:
        try:
            permit(
                history,
                purpose=Purpose.IMPROVE,
                scenario=self.scenario.name,
                site=self.site,
                notice_version=self.scenario.notices[Purpose.IMPROVE].version,
                at=now,
            )
        except ConsentMissing:
            return False
        return True

    async def _teaches(self, event: Event) -> bool:
        if event.decision_id is None:
            return True
        decision = await self.decisions.get(event.decision_id)
        return decision is not None and decision.teaches
