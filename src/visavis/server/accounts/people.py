"""The people of the staff: added, disabled, reset, given another role. Whoever is changed signs in again."""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

from visavis.errors import InputRefused, LastAdministrator, LoginTaken, StaffUnknown, StorageError
from visavis.ports import AuditLog, Clock, KeyProvider, StaffSessions, StaffStore
from visavis.privacy.vault import totp_binding
from visavis.server.accounts.factors import new_recovery_codes, recovery_digest
from visavis.server.accounts.passwords import Passwords, check_password
from visavis.types import Role, Staff, StaffState

LOGIN = re.compile(r"[a-z0-9][a-z0-9._@-]{0,63}")
OPEN_FOR = timedelta(seconds=1)  # until it is looked again whether there is an administrator
AGAIN = 5  # times that a change is tried when somebody else was quicker


class People:
    """The staff of one site."""

    def __init__(
        self,
        *,
        site: str,
        store: StaffStore,
        sessions: StaffSessions,
        audit: AuditLog,
        keys: KeyProvider,
        passwords: Passwords,
        clock: Clock,
    ) -> None:
        self.site, self.store, self.passwords, self.clock = site, store, passwords, clock
        self._sessions, self._audit, self._keys = sessions, audit, keys
        self._closed, self._look_again = False, clock.now()

    async def closed(self) -> bool:
        """Whether an administrator has an account, so that sitting at the machine alone makes nobody staff.

        It never opens again. What another process did is known within a second.
        """
        now = self.clock.now()
        if not self._closed and now >= self._look_again:
            self._closed = any(one.role is Role.ADMINISTRATOR for one in await self.all())
            self._look_again = now + OPEN_FOR
        return self._closed

    async def administered(self) -> bool:
        """Whether an administrator can sign in."""
        return any(_administers(one) for one in await self.all())

    async def all(self) -> Sequence[Staff]:
        """By login."""
        return await self.store.all(self.site)

    async def named(self, login: str) -> Staff:
        """Raises StaffUnknown."""
        found = await self.store.find(self.site, tidy(login))
        if found is None:
            raise StaffUnknown
        return found

    async def add(self, login: str, password: str, role: Role, *, by: str) -> Staff:
        """Raises InputRefused, PasswordRefused, LoginTaken."""
        login = tidy(login)
        if not LOGIN.fullmatch(login):
            raise InputRefused("login: letters a to z, digits and . _ @ -, at most 64, a letter or digit first")
        check_password(password, login=login, site=self.site)
        staff = Staff(
            id=str(uuid4()),
            site=self.site,
            login=login,
            password_hash=await self.passwords.hash(password),
            role=role,
            state=StaffState.ACTIVE,
            created_at=self.clock.now(),
        )
        if not await self.store.save(staff, None):
            raise LoginTaken
        self._closed |= role is Role.ADMINISTRATOR
        await self.note(by, "staff_added", staff, role=role.value)
        return staff

    async def disable(self, login: str, *, by: str) -> Staff:
        """They are out at once, everywhere; raises StaffUnknown, LastAdministrator."""
        staff = await self._changed(login, state=StaffState.DISABLED)
        await self.note(by, "staff_disabled", staff)
        return staff

    async def give_role(self, login: str, role: Role, *, by: str) -> Staff:
        """Raises StaffUnknown, LastAdministrator."""
        staff = await self._changed(login, role=role)
        self._closed |= role is Role.ADMINISTRATOR
        await self.note(by, "staff_role_given", staff, role=role.value)
        return staff

    async def reset(self, login: str, password: str, *, by: str) -> Staff:
        """A new password, no second factor, and let in again; raises StaffUnknown, PasswordRefused."""
        check_password(password, login=tidy(login), site=self.site)
        staff = await self._changed(
            login,
            password_hash=await self.passwords.hash(password),
            sealed_totp=None,
            recovery_sha256=(),
            state=StaffState.ACTIVE,
        )
        await self.note(by, "staff_reset", staff)
        return staff

    # ------ the second factor

    async def enrol(self, before: Staff, secret: str, step: int, *, by: str) -> tuple[Staff, tuple[str, ...]] | None:
        """With this secret as second factor from now on, and the recovery codes; None when somebody was quicker."""
        codes = new_recovery_codes()
        after = replace(
            before,
            sealed_totp=self._keys.wrap(secret.encode(), aad=totp_binding(before.site, before.id)),
            totp_step=step,
            recovery_sha256=tuple(recovery_digest(code, before.id) for code in codes),
        )
        written = await self.write(after, before)
        if written is None:
            return None
        await self.note(by, "second_factor_set_up", before)
        return written, codes

    def secret_of(self, staff: Staff) -> str:
        """What the authenticator shares with the site; raises SealBroken under another site key."""
        return self._keys.unwrap(staff.sealed_totp or b"", aad=totp_binding(staff.site, staff.id)).decode()

    async def write(self, after: Staff, before: Staff) -> Staff | None:
        """As it was written; None when somebody was quicker, and then nothing was."""
        after = replace(after, revision=before.revision + 1)
        return after if await self.store.save(after, before) else None

    async def note(self, by: str, action: str, staff: Staff | None, **detail: str) -> None:
        """An entry of the audit log."""
        subject = staff.id if staff else ""
        await self._audit.append(actor=by, action=action, subject=subject, detail=detail, at=self.clock.now())

    async def _changed(self, login: str, **changes: object) -> Staff:
        for _ in range(AGAIN):
            before = await self.named(login)
            after = replace(before, **changes)  # type: ignore[arg-type]  # fields of Staff
            if _administers(before) and not _administers(after):
                others = (one for one in await self.all() if one.id != before.id)
                if not any(_administers(one) for one in others):
                    raise LastAdministrator
            if written := await self.write(after, before):
                await self._sessions.end(written.id)
                return written
        raise StorageError("the account changes too fast")


def tidy(login: str) -> str:
    """As it is kept."""
    return login.strip().lower()


def _administers(staff: Staff) -> bool:
    return staff.role is Role.ADMINISTRATOR and staff.state is StaffState.ACTIVE
