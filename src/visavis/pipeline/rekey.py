"""Renew what protects templates: each member gets a fresh key, and the site's templates another rotation."""

from collections.abc import Callable
from dataclasses import dataclass

from visavis.identity.enrol import rekeyed
from visavis.identity.rotation import Rotations, base_model, version_of
from visavis.ports import AuditLog, Clock, KeyProvider, Roster
from visavis.types import Member

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
    """Member by member, each written whole or not at all, so that it may be stopped and run again at any time.

    Running edges go on: they read templates of any rotation, and use the newest once one member has it. A run that was
    stopped is finished by the next; only when all templates are in one rotation does a run begin the next one.

    Args:
        roster: the site's.
        keys: the site's.
        audit: is told of each member.
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
        for number, member in enumerate(waiting):
            if await roster.replace(member, rekeyed(member, keys, rotations)):
                done[member.id] = len(member.templates)
                detail = {"rotation": str(rotations.version)}
                await audit.append(actor="edge", action="rekeyed", subject=member.token, detail=detail, at=clock.now())
            progress("renewing keys and templates", (number + 1) / len(waiting))
        members = await roster.members()
        left = [m for m in members if m.id not in done or _versions(m, model) - {rotations.version}]
        if not left:
            break
    return Rekeyed(rotation=rotations.version, members=len(done), templates=sum(done.values()), left=len(left))


def _versions(member: Member, model: str) -> set[int]:
    return {version_of(t.model) for t in member.templates if base_model(t.model) == model}
