"""The hash chain: whoever edits, deletes, reorders or cuts entries breaks it."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import datetime

from visavis.errors import SignatureInvalid
from visavis.types import AuditEntry

GENESIS = "0" * 64


def chain(
    previous_sha256: str, seq: int, at: datetime, actor: str, action: str, subject: str, detail: Mapping[str, str]
) -> AuditEntry:
    """The next entry: its hash covers its own content and the hash before it."""
    content = json.dumps(
        [previous_sha256, seq, at.isoformat(), actor, action, subject, sorted(detail.items())],
        separators=(",", ":"),
        ensure_ascii=False,
    )
    return AuditEntry(
        seq=seq,
        at=at,
        actor=actor,
        action=action,
        subject=subject,
        detail=dict(detail),
        previous_sha256=previous_sha256,
        sha256=hashlib.sha256(content.encode()).hexdigest(),
    )


def verify(entries: Iterable[AuditEntry], *, previous_sha256: str = GENESIS, first_seq: int = 1) -> str:
    """The last hash of an unbroken chain; raises SignatureInvalid naming the first entry that does not fit.

    A chain that was cut at its end is unbroken: compare the last hash with a signed checkpoint.
    """
    for seq, entry in enumerate(entries, start=first_seq):
        expected = chain(previous_sha256, seq, entry.at, entry.actor, entry.action, entry.subject, entry.detail)
        if entry != expected:
            raise SignatureInvalid(f"audit entry {seq}")
        previous_sha256 = entry.sha256
    return previous_sha256
