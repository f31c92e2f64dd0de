"""The ports of staff in memory."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

from visavis.privacy.vault import totp_binding
from visavis.testing.models import MemoryModels
from visavis.types import ApiKey, Pauses, Staff, StaffSession


class MemoryStaff:
    """Implements `ports.StaffStore`."""

    def __init__(self) -> None:
        self._people: dict[str, Staff] = {}

    async def save(self, after: Staff, before: Staff | None) -> bool:
        """Add (before is None), or replace if it is still as before; whether it was written."""
        there = self._people.get(after.id)
        if before is None:
            fits = there is None and await self.find(after.site, after.login) is None
        else:
            fits = there is not None and there.revision == before.revision
        if fits:
            self._people[after.id] = after
        return fits

    async def everybody(self) -> Sequence[Staff]:
        """Of every site."""
        return list(self._people.values())

    async def get(self, staff_id: str) -> Staff | None:
        """By id."""
        return self._people.get(staff_id)

    async def find(self, site: str, login: str) -> Staff | None:
        """By login."""
        return next((one for one in await self.all(site) if one.login == login), None)

    async def all(self, site: str) -> Sequence[Staff]:
        """By login."""
        return sorted((one for one in self._people.values() if one.site == site), key=lambda one: one.login)


class MemoryHubWrapped:
    """Implements `ports.WrappedKeys` for second factors and models."""

    def __init__(self, staff: MemoryStaff, models: MemoryModels) -> None:
        self._staff, self._models = staff, models

    async def rewrap(self, renew: Callable[[bytes, bytes], bytes]) -> int:
        """Pass each with its associated data through this, all or none; how many changed."""
        people = [(one, one.sealed_totp) for one in await self._staff.everybody()]
        after = [(one, old, renew(old, totp_binding(one.site, one.id))) for one, old in people if old is not None]
        new = [(one, sealed) for one, old, sealed in after if sealed != old]
        models = self._models.rewrap(renew)
        for one, sealed in new:
            await self._staff.save(replace(one, sealed_totp=sealed), one)
        return len(new) + models


class MemoryStaffSessions:
    """Implements `ports.StaffSessions`."""

    def __init__(self) -> None:
        self._open: dict[bytes, StaffSession] = {}

    async def start(self, session: StaffSession) -> None:
        """Keep it; those whose time was over when it started go."""
        self._open = {key: one for key, one in self._open.items() if one.ends_at > session.started_at}
        self._open.setdefault(session.digest, session)

    async def find(self, digest: bytes) -> StaffSession | None:
        """By the digest of the cookie, whether or not its time is over."""
        return self._open.get(digest)

    async def seen(self, digest: bytes, at: datetime) -> None:
        """Its owner did something; one that has ended stays so."""
        if digest in self._open:
            session = self._open[digest]
            self._open[digest] = replace(session, seen_at=max(session.seen_at, at))

    async def end(self, staff_id: str, digest: bytes | None = None) -> int:
        """This one or, without a digest, all of a person; how many there were."""
        gone = [key for key, one in self._open.items() if one.staff_id == staff_id and digest in (None, key)]
        for key in gone:
            del self._open[key]
        return len(gone)


class MemorySignInAttempts:
    """Implements `ports.SignInAttempts`."""

    def __init__(self) -> None:
        self._tries: dict[str, tuple[int, datetime, datetime]] = {}  # tries, last, until

    async def attempt(self, key: str, at: datetime, policy: Pauses) -> datetime | None:
        """Count one more; None when it may be made, else until when nobody may: then nothing is counted."""
        since = at - timedelta(seconds=policy.forgotten_s)
        self._tries = {k: one for k, one in self._tries.items() if k == key or one[1] > since}
        tries, last, until = self._tries.get(key, (0, at, at))
        if until > at:
            return until
        tries = 1 if last <= since else tries + 1
        self._tries[key] = (tries, at, at + policy.after(tries))
        return None

    async def forget(self, key: str) -> None:
        """It succeeded: begin again at none."""
        self._tries.pop(key, None)


class MemoryApiKeys:
    """Implements `ports.ApiKeys`."""

    def __init__(self) -> None:
        self._keys: dict[str, ApiKey] = {}

    async def save(self, key: ApiKey) -> None:
        """Add or replace by prefix."""
        before = self._keys.get(key.prefix, key)
        self._keys[key.prefix] = replace(
            key, site=before.site, created_at=before.created_at, last_used=before.last_used
        )

    async def find(self, prefix: str) -> ApiKey | None:
        """By the part that is no secret."""
        return self._keys.get(prefix)

    async def used(self, prefix: str, day: date) -> None:
        """Remember the last day of use."""
        if prefix in self._keys:
            key = self._keys[prefix]
            self._keys[prefix] = replace(key, last_used=max(day, key.last_used or day))

    async def all(self, site: str) -> Sequence[ApiKey]:
        """By time, then prefix."""
        return sorted((k for k in self._keys.values() if k.site == site), key=lambda k: (k.created_at, k.prefix))
