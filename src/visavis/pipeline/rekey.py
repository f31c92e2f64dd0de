"""Renew what protects templates: each member gets a fresh key, and the site's templates another rotation."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from visavis.errors import KeyDestroyed, KeyHeld
from visavis.identity.renew import renewed
from visavis.identity.rotation import Rotations, base_model, version_of
from visavis.ports import AuditLog, Clock, KeyProvider, Roster
from visavis.privacy.vault import opened_key
from visavis.types import Member, MemberId

BATCH = 2000  # members a transaction
ROUNDS = 20  # members who enrol or change meanwhile are taken in the next one


@dataclass(frozen=True, slots=True, kw_only=True)
class Rekeyed:
    """What was renewed."""

    rotation: int  # the version that templates are in now
    members: int
    templates: int
    left: int  # members who changed again and again; run it once more
    held: int = 0  # members whose templates only their card opens: they are turned when it is shown


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
    rotations = Rotations(keys, model, dim)
    done: dict[MemberId, Member] = {}  # as they were written
    left = await roster.members()
    rotations.version = _next_version(left, keys, model)
    left = sorted(left, key=lambda m: _versions(m, model) == {rotations.version})  # what a stopped run left comes first
    for _ in range(ROUNDS):
        for begin in range(0, len(left), BATCH):
            done |= await _written(left[begin : begin + BATCH], roster, keys, rotations)
            progress("renewing keys and templates", min(1.0, (begin + BATCH) / len(left)))
        left = [m for m in await roster.members() if _waits(m, done.get(m.id), rotations.version, model)]
        if not left:
            break
    told = Rekeyed(
        rotation=rotations.version,
        members=len(done),
        templates=sum(len(m.templates) for m in done.values()),
        left=len(left),
        held=sum(bool(_versions(m, model) - {rotations.version}) for m in done.values()),
    )
    detail = {name: str(getattr(told, name)) for name in ("rotation", "members", "left", "held")}
    await audit.append(actor="edge", action="rekeyed", subject="site", detail=detail, at=clock.now())
    return told


async def _written(
    members: Sequence[Member], roster: Roster, keys: KeyProvider, rotations: Rotations
) -> dict[MemberId, Member]:
    """Those who got a fresh key; the key that is not in the roster is destroyed, the old one or the new one."""
    pairs = renewed(members, keys, rotations)
    written = await roster.replace(pairs)
    keys.destroy((before if before.id in written else after).wrapped_key for before, after in pairs)
    return {after.id: after for _, after in pairs if after.id in written}


def _next_version(members: Sequence[Member], keys: KeyProvider, model: str) -> int:
    """The newest, while one that this run can open is in an older one; else the next."""
    newest = max((version for member in members for version in _versions(member, model)), default=1)
    older = (member for member in members if _versions(member, model) - {newest})
    begun = any(not _is_held(member, keys) for member in older)
    return newest if begun else newest + any(member.templates for member in members)


def _waits(member: Member, written: Member | None, version: int, model: str) -> bool:
    """Whether a member is not as this run wants them: new, or changed by somebody who had not heard of the rotation."""
    return member != written and (written is None or bool(_versions(member, model) - {version}))


def _is_held(member: Member, keys: KeyProvider) -> bool:
    with suppress(KeyDestroyed):
        try:
            opened_key(keys, member.wrapped_key, member.id)
        except KeyHeld:
            return True
    return False


def _versions(member: Member, model: str) -> set[int]:
    return {version_of(t.model) for t in member.templates if base_model(t.model) == model}
