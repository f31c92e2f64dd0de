"""What the command line asks of the audit logs, while the site runs or stands still."""

import json
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, TextIO

from visavis.config import Settings
from visavis.errors import AuditBroken, InputRefused, SettingInvalid, StorageFull
from visavis.pipeline.notary import Notary
from visavis.ports import Clock, KeyProvider
from visavis.privacy.audit_check import Checked, begin_check
from visavis.privacy.audit_export import HALVES, export_line, read_export
from visavis.privacy.checkpoints import line_of, public_key, read_checkpoint, read_checkpoints
from visavis.privacy.erasure import digest
from visavis.privacy.jwk import to_jwks
from visavis.privacy.merkle import inclusion, root_of
from visavis.privacy.slots import NO_ROOM
from visavis.server.keys import open_keys
from visavis.server.notaries import site_notaries
from visavis.server.principal import Kind
from visavis.server.readings import EVERYBODY, Readings, Why
from visavis.server.reviews import PSEUDONYM
from visavis.server.wall_clock import WallClock
from visavis.storage.database import Storage, open_storage
from visavis.types import AuditEntry, Checkpoint, Token

Progress = Callable[[str, float], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """Both logs and what signs them."""

    settings: Settings
    storage: Storage
    keys: KeyProvider
    clock: Clock
    notaries: tuple[Notary, ...]
    readings: Readings


@asynccontextmanager
async def open_desk(settings: Settings) -> AsyncIterator[Desk]:
    """Without serving; raises what `open_keys` raises."""
    keys, clock = open_keys(settings), WallClock()
    async with open_storage(settings.database_url, data_dir=settings.data_dir) as storage:
        yield Desk(
            settings=settings,
            storage=storage,
            keys=keys,
            clock=clock,
            notaries=site_notaries(settings, storage, keys, clock),
            readings=Readings(audit=storage.audit, clock=clock),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """What came out for both halves, and how fast."""

    intact: bool
    entries: int
    seconds: float
    entries_per_s: int
    halves: tuple[Checked, ...]


def _verified(halves: Sequence[Checked], begin: float) -> Verified:
    seconds, entries = time.perf_counter() - begin, sum(checked.entries for checked in halves)
    return Verified(
        intact=all(checked.intact for checked in halves),
        entries=entries,
        seconds=round(seconds, 3),
        entries_per_s=round(entries / seconds),
        halves=tuple(halves),
    )


async def verify_database(settings: Settings, progress: Progress, *, also: Path | None = None) -> Verified:
    """Both logs of the database against the checkpoints in it, outside it, and in another file that was kept apart."""
    kept = read_checkpoints(also) if also is not None else []
    async with open_desk(settings) as desk:
        begin = time.perf_counter()
        return _verified([await notary.check(progress, kept) for notary in desk.notaries], begin)


def verify_export(
    export: Path, checkpoints: Sequence[Checkpoint], publics: Sequence[bytes], progress: Progress
) -> Verified:
    """An exported log against exported checkpoints: no database and no secret is needed."""
    begin = time.perf_counter()
    checks = {half: begin_check(half, publics, checkpoints) for half in HALVES}
    for half, links, size in read_export(export):
        checks[half].feed(links)
        progress("checking the exported log", min(1.0, size / max(1, export.stat().st_size)))
    return _verified([check.result() for check in checks.values()], begin)


def known_publics(settings: Settings) -> tuple[bytes, ...]:
    """What this site's checkpoints verify with; raises what `open_keys` raises."""
    return (public_key(open_keys(settings)),)


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """What was written."""

    entries: int
    checkpoints: int


async def export(
    settings: Settings, file: Path, *, checkpoints: Path | None, key: Path | None, progress: Progress
) -> Exported:
    """Both logs as a file, checkpoints and public key beside it; each is written whole or not at all."""
    async with open_desk(settings) as desk:
        await desk.readings.note(actor=Kind.MACHINE, why=Why.AUDIT, subjects=[EVERYBODY], what="audit export")
        kept = [c for n in desk.notaries for c in {*await n.table.all(), *await n.file.all()}]
        kept.sort(key=lambda c: (c.half, c.seq, c.jws))
        entries = 0
        with _draft(file) as lines:
            for notary in desk.notaries:
                async for batch in notary.audit.links():
                    lines.writelines(export_line(notary.half, link) for link in batch)
                    entries += len(batch)
                progress("writing the audit log", (1 + desk.notaries.index(notary)) / len(desk.notaries))
        if checkpoints is not None:
            with _draft(checkpoints) as lines:
                lines.writelines(f"{json.dumps(line_of(c), separators=(',', ':'))}\n" for c in kept)
        if key is not None:
            with _draft(key) as lines:
                lines.write(json.dumps(to_jwks([public_key(desk.keys)])))
        return Exported(entries=entries, checkpoints=len(kept))


@contextmanager
def _draft(file: Path) -> Iterator[TextIO]:
    """A file beside, which takes the place of this one when it is whole; raises SettingInvalid or StorageFull."""
    draft = file.with_name(f"{file.name}.part")
    try:
        with draft.open("w", encoding="utf-8", newline="\n") as lines:
            yield lines
        draft.replace(file)
    except OSError as error:
        refusal = StorageFull if error.errno in NO_ROOM else SettingInvalid
        raise refusal(f"{file.name} cannot be written: {error.strerror}") from error
    finally:
        draft.unlink(missing_ok=True)


async def sign(settings: Settings, *, restored: str | None) -> list[Checkpoint]:
    """Sign how both logs stand now, where anything is new; with a reason, say first that a backup was restored."""
    async with open_desk(settings) as desk:
        signed = []
        for notary in desk.notaries:
            if restored is not None:
                signed.append(await notary.acknowledge_restore(actor=Kind.MACHINE, reason=restored))
            signed.append(await notary.sign())
        return [checkpoint for checkpoint in signed if checkpoint is not None]


async def show(
    settings: Settings, *, subject: str | None, action: str | None, since: datetime | None, limit: int
) -> list[tuple[str, AuditEntry]]:
    """The newest entries of both halves, newest first; that they were looked at is an entry itself."""
    async with open_desk(settings) as desk:
        whom = subject if subject is not None else EVERYBODY
        await desk.readings.note(actor=Kind.MACHINE, why=Why.AUDIT, subjects=[whom], what="audit show")
        found: list[tuple[str, AuditEntry]] = []
        for half, log in (("edge", desk.storage.audit), ("hub", desk.storage.hub_audit)):
            entries = await log.find(subjects=names_of(subject), action=action, since=since, limit=limit)
            found += [(half, entry) for entry in entries]
        return sorted(found, key=lambda one: one[1].at, reverse=True)[:limit]


def names_of(subject: str | None) -> list[str] | None:
    """How the logs may name one person: token, digest of it at the hub, short name in lists."""
    return None if subject is None else [subject, digest(Token(subject)), subject[:PSEUDONYM]]


async def prove(settings: Settings, *, half: str, seq: int) -> dict[str, Any]:
    """What shows to somebody who has a checkpoint alone that this entry is in the log (RFC 6962, section 2.1.1).

    Raises:
        InputRefused: No checkpoint covers it yet.
        AuditBroken: The log is not the one that was signed.
    """
    async with open_desk(settings) as desk:
        notary = next(n for n in desk.notaries if n.half == half)
        covering = [c for c in {*await notary.table.all(), *await notary.file.all()} if c.seq >= seq]
        if not covering:
            raise InputRefused(f"entry {seq}: no checkpoint covers it; `visavis audit checkpoint` signs one")
        checkpoint = min(covering, key=lambda c: (c.seq, c.jws))
        root = read_checkpoint(checkpoint, [public_key(desk.keys)]).root
        links = [link async for batch in notary.audit.links() for link in batch][: checkpoint.seq]
        leaves = [bytes.fromhex(own) for _, own in links]
        if len(leaves) < checkpoint.seq or root_of(leaves).hex() != root:
            raise AuditBroken(f"the first {checkpoint.seq} entries")
        await desk.readings.note(actor=Kind.MACHINE, why=Why.AUDIT, subjects=[EVERYBODY], what="audit prove")
        return {
            "entry": links[seq - 1][0],
            "sha256": links[seq - 1][1],
            "index": seq - 1,
            "size": checkpoint.seq,
            "root": root,
            "proof": [node.hex() for node in inclusion(leaves, seq - 1)],
            "checkpoint": checkpoint.jws,
        }
