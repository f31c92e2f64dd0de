"""The consent ledger of one half."""

from collections.abc import Mapping, Sequence
from typing import Any

from visavis.storage.half import Half
from visavis.storage.queries import queries
from visavis.types import Consent, Purpose, Withdrawal

COLUMNS = (
    "id", "kind", "subject", "purpose", "method", "at", "consent_id", "site", "scenario", "notice_version",
    "notice_sha256", "locale", "evidence", "expires_at", "guardian",
)  # fmt: skip


class PostgresLedger:
    """Implements `ports.ConsentLedger`; its role may add and read, nothing else."""

    def __init__(self, half: Half) -> None:
        self._half = half
        self._sql = queries("ledger")

    async def append(self, entries: Sequence[Consent | Withdrawal]) -> int:
        """Number of entries that were new."""
        if not entries:
            return 0
        return len(await self._half.fetch(self._sql["append"], ledger_columns(entries)))

    async def history(self, subject: str) -> Sequence[Consent | Withdrawal]:
        """Everything ever appended for this subject, in the order of appending."""
        rows = await self._half.fetch(self._sql["history"], {"subject": subject})
        return [_entry(dict(zip(COLUMNS, row, strict=True))) for row in rows]

    async def histories(self, subjects: Sequence[str]) -> Mapping[str, Sequence[Consent | Withdrawal]]:
        """The history of each of these, by subject."""
        found: dict[str, list[Consent | Withdrawal]] = {subject: [] for subject in subjects}
        for row in await self._half.fetch(self._sql["histories"], {"subjects": list(subjects)}):
            entry = _entry(dict(zip(COLUMNS, row, strict=True)))
            found[entry.subject].append(entry)
        return found


def ledger_columns(entries: Sequence[Consent | Withdrawal]) -> dict[str, list[Any]]:
    """Entries as one array a column."""
    rows = [_row(entry) for entry in entries]
    return {column: [row.get(column) for row in rows] for column in COLUMNS}


def _row(entry: Consent | Withdrawal) -> dict[str, Any]:
    shared = {"id": entry.id, "subject": entry.subject, "purpose": entry.purpose.value, "method": entry.method}
    match entry:
        case Withdrawal():
            return {**shared, "kind": "withdrawal", "at": entry.withdrawn_at, "consent_id": entry.consent_id}
        case Consent():
            return {
                **shared,
                "kind": "consent",
                "at": entry.given_at,
                "site": entry.site,
                "scenario": entry.scenario,
                "notice_version": entry.notice_version,
                "notice_sha256": entry.notice_sha256,
                "locale": entry.locale,
                "evidence": entry.evidence,
                "expires_at": entry.expires_at,
                "guardian": entry.guardian,
            }


def _entry(row: dict[str, Any]) -> Consent | Withdrawal:
    if row["kind"] == "withdrawal":
        return Withdrawal(
            id=row["id"],
            consent_id=row["consent_id"],
            subject=row["subject"],
            purpose=Purpose(row["purpose"]),
            method=row["method"],
            withdrawn_at=row["at"],
        )
    return Consent(
        id=row["id"],
        subject=row["subject"],
        site=row["site"],
        scenario=row["scenario"],
        purpose=Purpose(row["purpose"]),
        notice_version=row["notice_version"],
        notice_sha256=row["notice_sha256"],
        locale=row["locale"],
        method=row["method"],
        evidence=row["evidence"],
        given_at=row["at"],
        expires_at=row["expires_at"],
        guardian=row["guardian"],
    )
