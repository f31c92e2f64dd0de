"""The retention job: what is older than its schedule goes, and the evidence of it stays."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from visavis.pipeline.edge import Edge
from visavis.ports import Clock, ConsentLedger, ErasureList, Expiry, ReviewQueue, Roster, VisitLog
from visavis.privacy.erasure import digest
from visavis.privacy.retention import LIMITED, Category, Due, Schedule, due
from visavis.types import Member, MemberId, Purpose

METHOD = "retention"
AGAIN = 200  # members, after which it is asked again who came meanwhile
HUB = (Category.EVENT, Category.DECISION, Category.ALLOWANCE)

Progress = Callable[[str, float], None]
Wanted = tuple[tuple[Category, Due], ...]
Outdated = Sequence[tuple[Member, Wanted]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Swept:
    """What one run removed, or would have."""

    removed: Mapping[Category, int]  # members or rows
    dry: bool

    @property
    def total(self) -> int:
        return sum(self.removed.values())


def _nobody(_member: Member) -> None:
    """Nobody waits to be told."""


def _silent(_step: str, _share: float) -> None:
    """Nobody looks on."""


@dataclass(slots=True, kw_only=True)
class Retention:
    """One site's job. One process runs it at a time; running it again at once removes nothing."""

    rules: Schedule
    roster: Roster
    erasures: ErasureList
    ledger: ConsentLedger
    visits: VisitLog
    expiry: Expiry  # the hub's
    edge_expiry: Expiry
    reviews: ReviewQueue
    clock: Clock
    gone: Callable[[Member], None] = field(default=_nobody)  # told of each member who was forgotten

    async def look(self, *, progress: Progress = _silent) -> Swept:
        """What a run would remove now; nothing changes. Reviews are not counted beforehand."""
        now = self.clock.now()
        outdated = await self.outdated(progress=progress)
        removed = Counter(category for _, wanted in outdated for category, _ in wanted)
        for category, expiry in self._logs():
            stores = await expiry.due(category.value, self.rules[category].before(now), now=now)
            removed[category] = sum(stores.values())
        return Swept(removed=self._of_each(removed), dry=True)

    async def run(self, edge: Edge, *, progress: Progress = _silent) -> Swept:
        """Remove it, and write down what went: the last run of each category, and the audit log.

        Args:
            edge: loaded; it destroys keys and tells the hub.
            progress: told of the share done.
        """
        now = self.clock.now()
        removed = await self._members(edge, progress)
        for number, (category, expiry) in enumerate(logs := self._logs()):
            progress("deleting what is old", number / len(logs))
            stores = await expiry.expire(category.value, self.rules[category].before(now))
            removed[category] = sum(stores.values())
        removed[Category.REVIEW] = await self.reviews.forget(self.rules[Category.REVIEW].before(now))
        swept = Swept(removed=self._of_each(removed), dry=False)
        for category, count in swept.removed.items():
            await self.visits.ran(category.value, at=now, removed=count)
        if swept.total:
            detail = {category.value: str(count) for category, count in swept.removed.items() if count}
            await edge.audit.append(actor="retention", action="expired", subject="site", detail=detail, at=now)
        progress("deleting what is old", 1.0)
        return swept

    async def outdated(self, *, progress: Progress = _silent) -> Outdated:
        """Members of whom something has to go."""
        members, found = await self.roster.members(), []
        last, erased = await self.visits.last(), await self._erased()
        for begin in range(0, len(members), AGAIN):
            found += await self._due(members[begin : begin + AGAIN], last, erased)
            progress("looking at memberships", begin / len(members))
        return found

    async def _due(
        self, members: Sequence[Member], last: Mapping[MemberId, date], erased: Mapping[str, datetime]
    ) -> list[tuple[Member, Wanted]]:
        histories = await self.ledger.histories([member.id for member in members])
        now, found = self.clock.now(), []
        for member in members:
            history, visit, before = histories[member.id], last.get(member.id), erased.get(digest(member.token))
            wanted = due(member, history, self.rules, now, last_visit=visit, erased=before)
            if wanted:
                found.append((member, wanted))
        return found

    async def _erased(self) -> Mapping[str, datetime]:
        """When the hub last erased what it knew, by digest of the token."""
        entries = [entry for entry in await self.erasures.all() if entry.what == Purpose.PERSONALISE]
        return {entry.subject_sha256: entry.at for entry in sorted(entries, key=lambda entry: entry.at)}

    async def _members(self, edge: Edge, progress: Progress) -> Counter[Category]:
        removed: Counter[Category] = Counter()
        outdated = [member for member, _ in await self.outdated(progress=progress)]
        if outdated:
            await edge.load()
        for begin in range(0, len(outdated), AGAIN):
            # Asked again: somebody may have come, or gone, while the others were looked at.
            still = [member for member in outdated[begin : begin + AGAIN] if edge.members.get(member.id) == member]
            for member, wanted in await self._due(still, await self.visits.last(), await self._erased()):
                await self._remove(edge, member, [what for _, what in wanted])
                removed.update(category for category, _ in wanted)
            progress("ending memberships", begin / len(outdated))
        return removed

    async def _remove(self, edge: Edge, member: Member, wanted: Sequence[Due]) -> None:
        if Due.ALL in wanted:
            await edge.forget(member.id, method=METHOD)
            self.gone(member)
            return
        for what in wanted:
            ended = Purpose.PERSONALISE if what is Due.HISTORY_EXPIRED else Purpose.RECOGNISE
            await edge.withdraw(member.id, ended, method=METHOD)
        await self.visits.tell(member.id, wanted[0].value)

    def _logs(self) -> tuple[tuple[Category, Expiry], ...]:
        return (*((category, self.expiry) for category in HUB), (Category.CONSENT, self.edge_expiry))

    @staticmethod
    def _of_each(removed: Mapping[Category, int]) -> Mapping[Category, int]:
        return {category: removed.get(category, 0) for category in LIMITED}
