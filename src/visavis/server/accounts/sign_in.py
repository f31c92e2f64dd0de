"""Signing in: password, then second factor, then a cookie of which the database knows only the digest."""

import hashlib
import hmac
import secrets
from base64 import b32encode
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta

from visavis.errors import SignInLocked, SignInRefused, SignInRequired
from visavis.ports import KeyProvider, SignInAttempts, StaffSessions
from visavis.privacy.keys import bound
from visavis.server.accounts.factors import clean, matching_step, recovery_digest, without
from visavis.server.accounts.passwords import check_password
from visavis.server.accounts.people import People, tidy
from visavis.server.permissions import SECOND_FACTOR
from visavis.types import Pauses, Role, Staff, StaffSession, StaffState

COOKIE_BYTES = 32
HALF_WAY = timedelta(minutes=10)  # between the password and the code, with time to set up an authenticator
TOUCH = timedelta(seconds=30)  # activity is written no oftener
IDLE_MIN, WHOLE_H = 15, 8
OF_A_LOGIN = Pauses()
OF_AN_ADDRESS = Pauses(free=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """Somebody's session."""

    staff: Staff
    session: StaffSession
    cookie: str = field(repr=False)

    @property
    def must_enrol(self) -> bool:
        """Whether the second factor has to be set up before anything else."""
        return not self.session.complete and self.staff.sealed_totp is None


class SignIns:
    """Opens, finds and ends sessions."""

    def __init__(
        self,
        *,
        people: People,
        sessions: StaffSessions,
        attempts: SignInAttempts,
        keys: KeyProvider,
        lifetimes: Mapping[Role, tuple[int, int]],
    ) -> None:
        self._people, self._sessions, self._attempts, self._keys = people, sessions, attempts, keys
        self._lifetimes = lifetimes

    # ------ in

    async def password(self, login: str, password: str, *, address: str) -> SignedIn:
        """A session: complete, or half-way where a second factor is due. Raises SignInRefused, SignInLocked.

        Whether anybody has this login can be told neither from the answer nor from the time that it takes.
        """
        login = tidy(login)
        await self._may_try(login, address)
        staff = await self._people.store.find(self._people.site, login)
        fits = await self._people.passwords.fits(staff.password_hash if staff else None, password)
        if staff is None or not fits or staff.state is not StaffState.ACTIVE:
            await self._people.note("nobody", "sign_in_refused", staff, factor="password")
            raise SignInRefused
        if self._people.passwords.outdated(staff.password_hash):
            newer = replace(staff, password_hash=await self._people.passwords.hash(password))
            staff = await self._people.write(newer, staff) or staff
        complete = staff.sealed_totp is None and staff.role not in SECOND_FACTOR
        return await self._opened(staff, complete=complete, address=address)

    async def code(self, cookie: str, code: str, *, address: str) -> SignedIn:
        """The second factor: a code of the authenticator or a recovery code; each counts once."""
        at = await self._half_way(cookie)
        await self._may_try(at.staff.login, address)
        after = self._with_code_used(at.staff, clean(code))
        staff = await self._people.write(after, at.staff) if after else None
        if staff is None:
            await self._people.note("nobody", "sign_in_refused", at.staff, factor="code")
            raise SignInRefused
        await self._sessions.end(staff.id, at.session.digest)
        return await self._opened(staff, complete=True, address=address)

    async def enrol(self, cookie: str, code: str, *, address: str) -> tuple[SignedIn, tuple[str, ...]]:
        """Set up the authenticator that shows this code; a new session, and recovery codes to be shown once."""
        at = await self.find(cookie)
        if at is None or at.staff.sealed_totp is not None:
            raise SignInRequired
        await self._may_try(at.staff.login, address)
        secret = self.pending_secret(at)
        step = matching_step(secret, clean(code), at=self._people.clock.now(), after=0)
        done = await self._enrolled(at.staff, secret, step) if step is not None else None
        if done is None:
            await self._people.note("nobody", "sign_in_refused", at.staff, factor="enrolment")
            raise SignInRefused
        staff, codes = done
        await self._sessions.end(staff.id)
        return await self._opened(staff, complete=True, address=address), codes

    def pending_secret(self, at: SignedIn) -> str:
        """For the authenticator that is being set up; it hangs on the session, so nothing is kept before it counts."""
        return b32encode(self._keys.derive(f"totp {at.session.digest.hex()}")[:20]).decode()

    # ------ meanwhile

    async def find(self, cookie: str, *, act: bool = True) -> SignedIn | None:
        """Whose session it is; None when it has ended. `act`: its owner does something, so it is not idle."""
        session = await self._sessions.find(digest(cookie))
        if session is None:
            return None
        staff, now = await self._people.store.get(session.staff_id), self._people.clock.now()
        if staff is None or staff.site != self._people.site or staff.state is not StaffState.ACTIVE:
            return None
        if now >= min(session.ends_at, session.seen_at + self._idle(staff.role)):
            await self._sessions.end(staff.id, session.digest)
            return None
        if act and now >= session.seen_at + TOUCH:
            await self._sessions.seen(session.digest, now)
        return SignedIn(staff=staff, session=session, cookie=cookie)

    async def change_password(self, cookie: str, old: str, new: str, *, address: str) -> SignedIn:
        """Ends every other session; raises SignInRefused, SignInLocked, PasswordRefused."""
        at = await self._whole(cookie)
        await self._may_try(at.staff.login, address)
        if not await self._people.passwords.fits(at.staff.password_hash, old):
            await self._people.note("nobody", "sign_in_refused", at.staff, factor="old password")
            raise SignInRefused
        check_password(new, login=at.staff.login, site=at.staff.site)
        newer = replace(at.staff, password_hash=await self._people.passwords.hash(new))
        staff = await self._people.write(newer, at.staff)
        if staff is None:
            raise SignInRefused
        await self._sessions.end(staff.id)
        await self._people.note(f"staff {staff.id}", "password_changed", staff)
        return await self._opened(staff, complete=True, address=address)

    # ------ out

    async def sign_out(self, cookie: str) -> None:
        """This session is over."""
        if at := await self.find(cookie):
            await self._sessions.end(at.staff.id, at.session.digest)
            await self._people.note(f"staff {at.staff.id}", "signed_out", at.staff)

    async def unlock(self, login: str) -> None:
        """Forget the tries that failed."""
        await self._attempts.forget(self._key("login", tidy(login)))

    # ------ parts

    async def _enrolled(self, staff: Staff, secret: str, step: int) -> tuple[Staff, tuple[str, ...]] | None:
        return await self._people.enrol(staff, secret, step, by=f"staff {staff.id}")

    async def _opened(self, staff: Staff, *, complete: bool, address: str) -> SignedIn:
        now, cookie = self._people.clock.now(), secrets.token_urlsafe(COOKIE_BYTES)
        session = StaffSession(
            digest=digest(cookie),
            staff_id=staff.id,
            complete=complete,
            started_at=now,
            seen_at=now,
            ends_at=now + (self._whole_time(staff.role) if complete else HALF_WAY),
        )
        await self._sessions.start(session)
        if complete:
            for key in (self._key("login", staff.login), self._key("address", address)):
                await self._attempts.forget(key)
            await self._people.note(f"staff {staff.id}", "signed_in", staff)
        return SignedIn(staff=staff, session=session, cookie=cookie)

    async def _may_try(self, login: str, address: str) -> None:
        now = self._people.clock.now()
        for kind, text, pauses in (("address", address, OF_AN_ADDRESS), ("login", login, OF_A_LOGIN)):
            until = await self._attempts.attempt(self._key(kind, text), now, pauses)
            if until is not None:
                raise SignInLocked(_in_words(until - now))

    def _key(self, kind: str, text: str) -> str:
        """Keyed: somebody types a password where the login belongs, and addresses are personal."""
        return hmac.digest(self._keys.derive("sign-in attempts"), bound(self._people.site, kind, text), "sha256").hex()

    async def _half_way(self, cookie: str) -> SignedIn:
        at = await self.find(cookie)
        if at is None or at.session.complete or at.staff.sealed_totp is None:
            raise SignInRequired
        return at

    async def _whole(self, cookie: str) -> SignedIn:
        at = await self.find(cookie)
        if at is None or not at.session.complete:
            raise SignInRequired
        return at

    def _with_code_used(self, staff: Staff, code: str) -> Staff | None:
        """As after this code has counted; None when it does not."""
        now, secret = self._people.clock.now(), self._people.secret_of(staff)
        step = matching_step(secret, code, at=now, after=staff.totp_step)
        if step is not None:
            return replace(staff, totp_step=step)
        left = without(staff.recovery_sha256, recovery_digest(code, staff.id))
        return replace(staff, recovery_sha256=left) if left is not None else None

    def _idle(self, role: Role) -> timedelta:
        return timedelta(minutes=self._lifetimes.get(role, (IDLE_MIN, WHOLE_H))[0])

    def _whole_time(self, role: Role) -> timedelta:
        return timedelta(hours=self._lifetimes.get(role, (IDLE_MIN, WHOLE_H))[1])


def digest(cookie: str) -> bytes:
    """All that the database knows of a cookie: 256 random bits need no slow hash."""
    return hashlib.sha256(cookie.encode()).digest()


def _in_words(pause: timedelta) -> str:
    return f"{max(1, round(pause.total_seconds()))} s"
