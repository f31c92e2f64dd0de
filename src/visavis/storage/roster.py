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

    async def save(self, member: Member, ledger: Sequence[Consent | Withdrawal] = ()) -> None:
        """Add or replace a member and append to the ledger in one transaction; tells every node."""
        async with self._half.transaction() as cursor:
            await self._write(cursor, member)
            if ledger:
                await cursor.execute(self._append, ledger_columns(ledger))
            await cursor.execute(self._sql["tell"])

    async def replace(self, before: Member, after: Member) -> bool:
        """Write a member whose key and templates are still those; False, and nothing, when they changed or went."""
        async with self._half.transaction() as cursor:
            await cursor.execute(self._sql["unchanged"], {"id": before.id, "wrapped_key": before.wrapped_key})
            if await cursor.fetchone() is None:
                return False
            await cursor.execute(self._sql["nonces"], {"id": before.id})
            if [row[0] for row in await cursor.fetchall()] != [t.sealed.nonce for t in before.templates]:
                return False
            await self._write(cursor, after)
            await cursor.execute(self._sql["tell"])
        return True

    async def _write(self, cursor: Any, member: Member) -> None:
        await cursor.execute(self._sql["save"], _member_row(member))
        await cursor.execute(self._sql["drop_templates"], {"id": member.id})
        if member.templates:
            await cursor.execute(self._sql["add_templates"], _template_columns(member))

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


def _template_columns(member: Member) -> dict[str, Any]:
    return {
        "id": member.id,
        "positions": list(range(len(member.templates))),
        "ids": [t.id for t in member.templates],
        "models": [t.model for t in member.templates],
        "nonces": [t.sealed.nonce for t in member.templates],
        "ciphertexts": [t.sealed.ciphertext for t in member.templates],
        "created_at": [t.created_at for t in member.templates],
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
