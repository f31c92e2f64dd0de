"""People and programs that may sign in, and where people have."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from visavis.storage.half import Half
from visavis.storage.queries import queries
from visavis.types import ApiKey, Pauses, Role, Staff, StaffSession, StaffState


class PostgresStaff:
    """Implements `ports.StaffStore`."""

    def __init__(self, half: Half) -> None:
        self._half = half
        self._sql = queries("staff")

    async def save(self, after: Staff, before: Staff | None) -> bool:
        """Add (before is None), or replace if it is still as before; whether it was written."""
        if before is None:
            return bool(await self._half.fetch(self._sql["add"], _staff_row(after)))
        async with self._half.transaction() as cursor:  # not repeated: the second time it would not be as before
            await cursor.execute(self._sql["replace"], _staff_row(after) | {"before": before.revision})
            return await cursor.fetchone() is not None

    async def get(self, staff_id: str) -> Staff | None:
        """By id."""
        rows = await self._half.fetch(self._sql["get"], {"id": staff_id})
        return _staff(rows[0]) if rows else None

    async def find(self, site: str, login: str) -> Staff | None:
        """By login."""
        rows = await self._half.fetch(self._sql["find"], {"site": site, "login": login})
        return _staff(rows[0]) if rows else None

    async def all(self, site: str) -> Sequence[Staff]:
        """By login."""
        return [_staff(row) for row in await self._half.fetch(self._sql["all"], {"site": site})]


class PostgresStaffSessions:
    """Implements `ports.StaffSessions`."""

    def __init__(self, half: Half) -> None:
        self._half = half
        self._sql = queries("staff")

    async def start(self, session: StaffSession) -> None:
        """Keep it; those whose time was over when it started go."""
        row = {
            "digest": session.digest,
            "staff_id": session.staff_id,
            "complete": session.complete,
            "started_at": session.started_at,
            "seen_at": session.seen_at,
            "ends_at": session.ends_at,
        }
        async with self._half.transaction() as cursor:
            await cursor.execute(self._sql["tidy"], row)
            await cursor.execute(self._sql["start"], row)

    async def find(self, digest: bytes) -> StaffSession | None:
        """By the digest of the cookie, whether or not its time is over."""
        rows = await self._half.fetch(self._sql["session"], {"digest": digest})
        if not rows:
            return None
        own, staff_id, complete, started, seen, ends = rows[0]
        return StaffSession(
            digest=own, staff_id=staff_id, complete=complete, started_at=started, seen_at=seen, ends_at=ends
        )

    async def seen(self, digest: bytes, at: datetime) -> None:
        """Its owner did something; one that has ended stays so."""
        await self._half.fetch(self._sql["seen"], {"digest": digest, "at": at})

    async def end(self, staff_id: str, digest: bytes | None = None) -> int:
        """This one or, without a digest, all of a person; how many there were."""
        return len(await self._half.fetch(self._sql["end"], {"staff_id": staff_id, "digest": digest}))


class PostgresSignInAttempts:
    """Implements `ports.SignInAttempts`."""

    def __init__(self, half: Half) -> None:
        self._half = half
        self._sql = queries("staff")

    async def attempt(self, key: str, at: datetime, policy: Pauses) -> datetime | None:
        """Count one more; None when it may be made, else until when nobody may: then nothing is counted."""
        pauses = [policy.after(tries) for tries in range(1, policy.free + 31)]
        row = {
            "key": key,
            "at": at,
            "first": pauses[0],
            "pauses": pauses,
            "forgotten": at - timedelta(seconds=policy.forgotten_s),
        }
        if await self._half.fetch(self._sql["attempt"], row):
            await self._half.fetch(self._sql["tidy_attempts"], row)
            return None
        rows = await self._half.fetch(self._sql["locked"], row)
        until: datetime = rows[0][0] if rows else at
        return until

    async def forget(self, key: str) -> None:
        """It succeeded: begin again at none."""
        await self._half.fetch(self._sql["forget"], {"key": key})


class PostgresApiKeys:
    """Implements `ports.ApiKeys`."""

    def __init__(self, half: Half) -> None:
        self._half = half
        self._sql = queries("staff")

    async def save(self, key: ApiKey) -> None:
        """Add or replace by prefix."""
        row = {
            "prefix": key.prefix,
            "site": key.site,
            "name": key.name,
            "digest": key.digest,
            "scopes": list(key.scopes),
            "created_at": key.created_at,
            "expires_at": key.expires_at,
            "revoked_at": key.revoked_at,
            "last_used": key.last_used,
        }
        await self._half.fetch(self._sql["save_key"], row)

    async def find(self, prefix: str) -> ApiKey | None:
        """By the part that is no secret."""
        rows = await self._half.fetch(self._sql["find_key"], {"prefix": prefix})
        return _key(rows[0]) if rows else None

    async def used(self, prefix: str, day: date) -> None:
        """Remember the last day of use."""
        await self._half.fetch(self._sql["used"], {"prefix": prefix, "day": day})

    async def all(self, site: str) -> Sequence[ApiKey]:
        """By time, then prefix."""
        return [_key(row) for row in await self._half.fetch(self._sql["keys"], {"site": site})]


def _staff_row(staff: Staff) -> dict[str, Any]:
    return {
        "id": staff.id,
        "site": staff.site,
        "login": staff.login,
        "password_hash": staff.password_hash,
        "role": staff.role.value,
        "state": staff.state.value,
        "created_at": staff.created_at,
        "sealed_totp": staff.sealed_totp,
        "totp_step": staff.totp_step,
        "recovery_sha256": list(staff.recovery_sha256),
        "revision": staff.revision,
    }


def _staff(row: tuple[Any, ...]) -> Staff:
    staff_id, site, login, password_hash, role, state, created_at, sealed_totp, totp_step, recovery, revision = row
    return Staff(
        id=staff_id,
        site=site,
        login=login,
        password_hash=password_hash,
        role=Role(role),
        state=StaffState(state),
        created_at=created_at,
        sealed_totp=sealed_totp,
        totp_step=totp_step,
        recovery_sha256=tuple(recovery),
        revision=revision,
    )


def _key(row: tuple[Any, ...]) -> ApiKey:
    prefix, site, name, digest, scopes, created_at, expires_at, revoked_at, last_used = row
    return ApiKey(
        prefix=prefix,
        site=site,
        name=name,
        digest=digest,
        scopes=tuple(scopes),
        created_at=created_at,
        expires_at=expires_at,
        revoked_at=revoked_at,
        last_used=last_used,
    )
