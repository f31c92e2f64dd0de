"""The members of a site, at its edge."""

from collections.abc import Sequence
from typing import Any

from visavis.storage.half import Half
from visavis.storage.ledger import ledger_columns
from visavis.storage.queries import queries
from visavis.types import Consent, Member, MemberId, Sealed, SealedTemplate, Token, Withdrawal


class PostgresRoster:
    """Implements `ports.Roster`; topic `roster`."""

    def __init__(self, half: Half) -> None:
        self._half = half
        self._sql = queries("roster")
        self._append = queries("ledger")["append"]

    async def save(
        self, member: Member, ledger: Sequence[Consent | Withdrawal] = (), *, before: Member | None = None
    ) -> bool:
        """Add or replace a member and append to the ledger in one transaction; False when they are not as before."""
        async with self._half.transaction() as cursor:
            if before is not None and not await self._still(cursor, [before]):
                return False
            await self._write(cursor, [member])
            if ledger:
                await cursor.execute(self._append, ledger_columns(ledger))
            await cursor.execute(self._sql["tell"])
        return True

    async def replace(self, pairs: Sequence[tuple[Member, Member]]) -> frozenset[MemberId]:
        """Give those whose key and templates are still as before others, and the nickname, in one transaction."""
        async with self._half.transaction() as cursor:
            same = await self._still(cursor, [before for before, _ in pairs])
            kept = [after for before, after in pairs if before.id in same]
            if kept:
                await cursor.execute(self._sql["renew"], _renewed_columns(kept))
                await self._write_templates(cursor, kept)
                await cursor.execute(self._sql["tell"])
        return frozenset(member.id for member in kept)

    async def _still(self, cursor: Any, members: Sequence[Member]) -> set[MemberId]:
        """Those whose key and templates are these; nobody else writes them until the transaction ends."""
        known = {"ids": [member.id for member in members], "keys": [member.wrapped_key for member in members]}
        await cursor.execute(self._sql["unchanged"], known)
        same = {row[0] for row in await cursor.fetchall()}
        await cursor.execute(self._sql["nonces"], known)
        nonces = dict(await cursor.fetchall())
        return {m.id for m in members if m.id in same and nonces.get(m.id, []) == [t.sealed.nonce for t in m.templates]}

    async def _write(self, cursor: Any, members: Sequence[Member]) -> None:
        await cursor.executemany(self._sql["save"], [_member_row(member) for member in members])
        await self._write_templates(cursor, members)

    async def _write_templates(self, cursor: Any, members: Sequence[Member]) -> None:
        await cursor.execute(self._sql["drop_templates"], {"ids": [member.id for member in members]})
        if any(member.templates for member in members):
            await cursor.execute(self._sql["add_templates"], _template_columns(members))

    async def remove(self, member_id: MemberId, ledger: Sequence[Withdrawal] = ()) -> int:
        """Destroy the member's row and templates, append the withdrawals; rows removed. Tells every node."""
        async with self._half.transaction() as cursor:
            await cursor.execute(self._sql["remove"], {"id": member_id})
            row = await cursor.fetchone()
            if ledger:
                await cursor.execute(self._append, ledger_columns(ledger))
            await cursor.execute(self._sql["tell"])
        return int(row[0]) if row else 0

    async def members(self) -> Sequence[Member]:
        """All members, oldest first."""
        return [_member(row) for row in await self._half.fetch(self._sql["members"], {"credential": None})]

    async def find(self, credential: bytes) -> Member | None:
        """The member with this credential digest; the oldest, should there be two."""
        rows = await self._half.fetch(self._sql["members"], {"credential": credential})
        return _member(rows[0]) if rows else None


def _member_row(member: Member) -> dict[str, Any]:
    return {
        "id": member.id,
        "token": member.token,
        "site": member.site,
        "scenario": member.scenario,
        "locale": member.locale,
        "wrapped_key": member.wrapped_key,
        "nickname_nonce": member.nickname.nonce,
        "nickname": member.nickname.ciphertext,
        "credentials": list(member.credentials),
        "enrolled_at": member.enrolled_at,
    }


def _renewed_columns(members: Sequence[Member]) -> dict[str, Any]:
    return {
        "ids": [member.id for member in members],
        "keys": [member.wrapped_key for member in members],
        "nonces": [member.nickname.nonce for member in members],
        "nicknames": [member.nickname.ciphertext for member in members],
    }


def _template_columns(members: Sequence[Member]) -> dict[str, Any]:
    rows = [(member.id, position, t) for member in members for position, t in enumerate(member.templates)]
    return {
        "members": [member_id for member_id, _, _ in rows],
        "positions": [position for _, position, _ in rows],
        "ids": [t.id for _, _, t in rows],
        "models": [t.model for _, _, t in rows],
        "nonces": [t.sealed.nonce for _, _, t in rows],
        "ciphertexts": [t.sealed.ciphertext for _, _, t in rows],
        "created_at": [t.created_at for _, _, t in rows],
    }


def _member(row: tuple[Any, ...]) -> Member:
    """From a row of the query `members`: ten columns of the member, five arrays of its templates."""
    member_id, token, site, scenario, locale, key, nonce, nickname, credentials, enrolled_at, *templates = row
    return Member(
        id=MemberId(member_id),
        token=Token(token),
        site=site,
        scenario=scenario,
        locale=locale,
        wrapped_key=key,
        nickname=Sealed(nonce=nonce, ciphertext=nickname),
        credentials=tuple(credentials),
        templates=tuple(
            SealedTemplate(id=i, model=m, sealed=Sealed(nonce=n, ciphertext=c), created_at=t)
            for i, m, n, c, t in zip(*templates, strict=True)
        ),
        enrolled_at=enrolled_at,
    )
