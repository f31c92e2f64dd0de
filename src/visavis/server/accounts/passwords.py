"""Passwords: argon2id with OWASP's parameters, and the same work for a login that nobody has."""

import asyncio
import base64
import secrets
import unicodedata

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from visavis.errors import PasswordRefused

LEAST, MOST = 12, 256  # characters
LEAST_UNKNOWN = 8  # characters beside what everybody tries first
TRIED_FIRST = (
    "password",
    "passwort",
    "qwerty",
    "123456",
    "abcdef",
    "letmein",
    "iloveyou",
    "welcome",
    "admin",
    "visavis",
)
AT_ONCE = 2  # each takes 19 MiB and a core


class Passwords:
    """Hashes and verifies, away from the event loop."""

    def __init__(self, *, memory_kib: int = 19_456, passes: int = 2) -> None:
        """OWASP Password Storage Cheat Sheet: argon2id, m=19456 (19 MiB), t=2, p=1."""
        self._hasher = PasswordHasher(time_cost=passes, memory_cost=memory_kib, parallelism=1)
        salt, digest = (_unpadded(secrets.token_bytes(size)) for size in (16, 32))
        self._nobodys = f"$argon2id$v=19$m={memory_kib},t={passes},p=1${salt}${digest}"
        self._seats = asyncio.Semaphore(AT_ONCE)

    async def hash(self, password: str) -> str:
        """With its parameters and a salt of its own."""
        async with self._seats:
            return await asyncio.to_thread(self._hasher.hash, _normal(password))

    async def fits(self, stored: str | None, password: str) -> bool:
        """Whether it is this one; None, of a login that nobody has, takes as long and never fits."""
        async with self._seats:
            return (
                await asyncio.to_thread(self._fits, stored or self._nobodys, _normal(password)) and stored is not None
            )

    def outdated(self, stored: str) -> bool:
        """Whether it was made with other parameters than today's."""
        return self._hasher.check_needs_rehash(stored)

    def _fits(self, stored: str, password: str) -> bool:
        try:
            return self._hasher.verify(stored, password)
        except (VerificationError, InvalidHashError):
            return False


def check_password(password: str, *, login: str, site: str) -> None:
    """Raises PasswordRefused when it is short, or long only by what everybody tries first."""
    rest = _normal(password)
    if not LEAST <= len(rest) <= MOST:
        raise PasswordRefused(f"{LEAST} to {MOST} characters")
    rest = rest.casefold()
    for known in (*TRIED_FIRST, login, site):
        rest = rest.replace(known.casefold(), "")
    if len(rest) < LEAST_UNKNOWN or len(set(rest)) < LEAST_UNKNOWN // 2:
        raise PasswordRefused("too easy to guess")


def _normal(password: str) -> str:
    """The same characters, however a keyboard composes them (NIST SP 800-63B)."""
    return unicodedata.normalize("NFKC", password)


def _unpadded(data: bytes) -> str:
    return base64.b64encode(data).rstrip(b"=").decode()
