"""Renew what protects templates: each member gets a fresh key, and the site's templates another rotation."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from visavis.errors import KeyDestroyed
from visavis.identity.enrol import rekeyed
from visavis.identity.rotation import Rotations, base_model, version_of
from visavis.ports import AuditLog, Clock, KeyProvider, Roster
from visavis.types import Member

BATCH = 500  # members a transaction
ROUNDS = 20  # members who enrol or change meanwhile are taken in the next one


@dataclass(frozen=True, slots=True, kw_only=True)
class Rekeyed:
    """What was renewed."""

    rotation: int  # the version that templates are in now
    members: int
    templates: int
    left: int  # members who changed again and again; run it once more


async def rekey(
    roster: Roster,
    keys: KeyProvider,
    audit: AuditLog,
    clock: Clock,
    *,
    model: str,
    dim: int,
    progress: Callable[[str, float], None],
) -> Rekeyed:
    """Batch by batch, each written whole or not at all, so that it may be stopped and run again at any time.

    Running edges go on: they read templates of any rotation, and use the newest once one member has it. A run that was
    stopped is finished by the next; only when all templates are in one rotation does a run begin the next one.

    Args:
        roster: the site's.
        keys: the site's.
        audit: is told at the end.
        clock: stamps that.
        model: the embedder's id; templates of another keep their numbers and get the fresh key only.
        dim: numbers in its templates.
        progress: told of the share done.

    Raises:
        SealBroken: the site key is not that of this database; nothing more is written.
    """
    rotations, done = Rotations(keys, model, dim), {}
    members = await roster.members()
    versions = {version for member in members for version in _versions(member, model)}
    rotations.version = max(versions, default=1) + (len(versions) == 1)
    for _ in range(ROUNDS):
        waiting = [m for m in members if m.id not in done or _versions(m, model) - {rotations.version}]
        waiting.sort(key=lambda m: _versions(m, model) == {rotations.version})  # what a stopped run left comes first
        for begin in range(0, len(waiting), BATCH):
            batch = waiting[begin : begin + BATCH]
            for member in await _renewed(batch, roster, keys, rotations):
                done[member.id] = len(member.templates)
            progress("renewing keys and templates", min(1.0, (begin + BATCH) / len(waiting)))
        members = await roster.members()
        left = [m for m in members if m.id not in done or _versions(m, model) - {rotations.version}]
        if not left:
            break
    detail = {"rotation": str(rotations.version), "members": str(len(done)), "left": str(len(left))}
    await audit.append(actor="edge", action="rekeyed", subject="site", detail=detail, at=clock.now())
    return Rekeyed(rotation=rotations.version, members=len(done), templates=sum(done.values()), left=len(left))


async def _renewed(
    members: Sequence[Member], roster: Roster, keys: KeyProvider, rotations: Rotations
) -> Sequence[Member]:
    """Those who got a fresh key; the key that is not in the roster is destroyed, the old one or the new one."""
    pairs = []
    with keys.together():
        for member in members:
            with suppress(KeyDestroyed):  # forgotten, though the row came back: `pipeline.erasure` ends it
                pairs.append((member, rekeyed(member, keys, rotations)))
    written = await roster.replace(pairs)
    keys.destroy((before if before.id in written else after).wrapped_key for before, after in pairs)
    return [before for before, _ in pairs if before.id in written]


def _versions(member: Member, model: str) -> set[int]:
    return {version_of(t.model) for t in member.templates if base_model(t.model) == model}
