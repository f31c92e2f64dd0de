"""The breach report: put together from tables and audit log, while the site runs or stands still."""

import time
from collections.abc import Collection, Sequence
from datetime import datetime
from urllib.parse import urlsplit

from visavis.config import Settings
from visavis.privacy.breach import (
    Breach,
    Concerned,
    Log,
    Scope,
    advised,
    deadlines,
    exposed,
    tables_of,
)
from visavis.privacy.jurisdiction import Jurisdiction, jurisdiction_names, load_jurisdiction
from visavis.privacy.keys import SiteKey
from visavis.privacy.register import Place, places
from visavis.server.auditing import Desk, Progress, open_desk
from visavis.server.principal import Kind
from visavis.server.readings import EVERYBODY, Why


async def report(
    settings: Settings, *, scopes: Collection[Scope], since: datetime, until: datetime | None, progress: Progress
) -> Breach:
    """Whom and what it concerns; written down before anything is read, and again with its outcome."""
    begin = time.perf_counter()
    async with open_desk(settings) as desk:
        made_at = desk.clock.now()
        until = min(until or made_at, made_at)
        await desk.readings.note(actor=Kind.MACHINE, why=Why.BREACH, subjects=[EVERYBODY], what="breach report")
        logs = [await notary.check(progress) for notary in desk.notaries]
        edge, hub = desk.storage.breach, desk.storage.hub_breach
        every = _places(settings)
        tables = tables_of(every, scopes)
        found = exposed(every, {**await edge.rows(tables), **await hub.rows(tables)}, scopes)
        progress("counting what was exposed", 1.0)
        law = load_jurisdiction(settings.jurisdiction)
        made = Breach(
            site=settings.site,
            jurisdiction=law.name,
            scopes=tuple(scope for scope in Scope if scope in scopes),
            since=since,
            until=until,
            made_at=made_at,
            concerned=await _concerned(desk, scopes, since, until),
            exposed=found,
            keys_exposed=Scope.KEYS in scopes,
            staff=(*await edge.looks(since, until), *await hub.looks(since, until)),
            logs=tuple(Log(half=log.half, entries=log.entries, intact=log.intact) for log in logs),
            deadlines=deadlines(_profiles(law), made_at),
            actions=advised(scopes, found),
            seconds=round(time.perf_counter() - begin, 3),
        )
        await _written_down(desk, made)
        return made


async def _concerned(desk: Desk, scopes: Collection[Scope], since: datetime, until: datetime) -> Concerned:
    """Members at some moment of that time; of the hub alone, all tokens that it knows."""
    everybody = await desk.storage.roster.members()
    members = [member for member in everybody if member.enrolled_at <= until]
    gone = await desk.storage.breach.gone(since)
    tokens = {str(member.token) for member in members} | set(gone)
    if {Scope.HUB, Scope.BACKUP} & set(scopes):
        tokens |= await desk.storage.eraser.tokens() - {member.token for member in everybody}
    at_edge = scopes != {Scope.HUB}
    reader = desk.storage.breach if at_edge else desk.storage.hub_breach
    return Concerned(
        members=len(tokens),
        by_face=sum(bool(member.templates) for member in members) if at_edge else 0,
        held=sum(SiteKey.is_held(member.wrapped_key) for member in members),
        gone=len(gone),
        by_purpose=await reader.purposes(since, until),
        tokens=tuple(sorted(tokens)),
    )


async def _written_down(desk: Desk, made: Breach) -> None:
    detail = {
        "scopes": " ".join(made.scopes),
        "since": made.since.isoformat(),
        "until": made.until.isoformat(),
        "members": str(made.concerned.members),
    }
    await desk.storage.audit.append(
        actor=Kind.MACHINE, action="breach_reported", subject="site", detail=detail, at=made.made_at
    )


def _places(settings: Settings) -> tuple[Place, ...]:
    url = settings.database_url
    where = "embedded" if url is None else urlsplit(url).hostname or "database"
    return places(database=where, data_dir=settings.data_dir, cache_dir=settings.cache_dir)


def _profiles(law: Jurisdiction) -> Sequence[Jurisdiction]:
    others = [load_jurisdiction(name) for name in jurisdiction_names() if name != law.name]
    return [law, *others]
