"""Erasure that lasts: what was withdrawn is withdrawn again when an older backup, or a node that was away, has it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from visavis.identity.enrol import for_hub
from visavis.pipeline.edge import Edge
from visavis.ports import Eraser, ErasureList
from visavis.privacy.consent import unended
from visavis.privacy.erasure import EVERYTHING, digest, union
from visavis.types import Erased, Member, Purpose

METHOD = "erasure list"


class Erasures:
    """Implements `ports.ErasureList` on several, so that no single restore takes it back."""

    def __init__(self, *lists: ErasureList) -> None:
        """Each is written, in this order; the first is the one that must not fail."""
        self._lists = lists

    async def append(self, entries: Sequence[Erased]) -> None:
        """Durable in each of them."""
        for one in self._lists:
            await one.append(entries)

    async def all(self) -> Sequence[Erased]:
        """Every entry that any of them has."""
        return union(*[await one.all() for one in self._lists])

    async def align(self) -> int:
        """Give each what only another has; how many entries there are."""
        whole = await self.all()
        for one in self._lists:
            there = set(await one.all())
            await one.append([entry for entry in whole if entry not in there])
        return len(whole)


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """What had come back, and is gone again."""

    members: int = 0  # forgotten at the edge and the hub
    tokens: int = 0  # erased at the hub alone
    consents: int = 0  # ended


async def replay(edge: Edge, eraser: Eraser, *, done: Callable[[Member], None] = lambda _: None) -> Replayed:
    """Bring roster, ledger and hub in line with the erasure list; nothing to do is the usual case.

    Args:
        edge: loaded or not.
        eraser: the hub's.
        done: told of each member who was forgotten.
    """
    entries = await edge.erasures.all()
    gone = {entry.subject_sha256 for entry in entries if entry.what == EVERYTHING}
    members = {digest(member.token): member for member in await edge.roster.members()}
    forgotten = 0
    for subject in gone & members.keys():
        edge.members.setdefault(members[subject].id, members[subject])
        await edge.forget(members[subject].id, method=METHOD)
        done(members[subject])
        forgotten += 1
    tokens = [token for token in await eraser.tokens() if digest(token) in gone]
    for token in tokens:
        await eraser.erase(token)
    consents = 0
    for entry in entries:
        member = members.get(entry.subject_sha256)
        if member is not None and entry.subject_sha256 not in gone and entry.what != EVERYTHING:
            consents += await _withdrawn_again(edge, member, entry)
    return Replayed(members=forgotten, tokens=len(tokens), consents=consents)


async def _withdrawn_again(edge: Edge, member: Member, entry: Erased) -> int:
    purpose = Purpose(entry.what)
    history = await edge.ledger.history(member.id)
    back = [c for c in unended(history, edge.clock.now()) if c.purpose is purpose and c.given_at <= entry.at]
    if back:
        edge.members.setdefault(member.id, member)
        await edge.withdraw(member.id, purpose, method=METHOD)
    else:  # the hub alone may have been restored
        if purpose is Purpose.PERSONALISE and not any(c.purpose is purpose for c in unended(history, edge.clock.now())):
            await edge.link.forget(member.token)
        await edge.link.consented(for_hub(history, member))
    return len(back)
