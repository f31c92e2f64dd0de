"""The second factor: codes of an authenticator (TOTP, RFC 6238), and codes on paper for when the telephone is lost."""

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from datetime import datetime

import pyotp

from visavis.privacy.keys import bound

STEP_S = 30
DRIFT = 1  # steps that a telephone's clock may be wrong
RECOVERY_CODES = 10
_LETTERS = "abcdefghijkmnpqrstuvwxyz23456789"  # without what looks alike; 5 bits each
_GROUPS, _GROUP = 4, 4  # 80 bits


def matching_step(secret: str, code: str, *, at: datetime, after: int) -> int | None:
    """The time step whose code this is, not before the last that counted; None when it is none."""
    now, totp, found = int(at.timestamp()) // STEP_S, pyotp.TOTP(secret), None
    for step in range(now - DRIFT, now + DRIFT + 1):
        if hmac.compare_digest(totp.generate_otp(step), code) and step > after:
            found = step
    return found


def provisioning_uri(secret: str, *, login: str, site: str) -> str:
    """What the QR code says; to be shown once."""
    return pyotp.TOTP(secret).provisioning_uri(name=f"{login}@{site}", issuer_name="visavis")


def new_recovery_codes() -> tuple[str, ...]:
    """To be shown once."""
    return tuple("-".join(_group() for _ in range(_GROUPS)) for _ in range(RECOVERY_CODES))


def recovery_digest(code: str, staff_id: str) -> str:
    """What is kept of a code: 80 random bits need no slow hash."""
    letters = "".join(character for character in code.lower() if character.isalnum())
    return hashlib.sha256(bound("recovery", staff_id, letters)).hexdigest()


def without(digests: Sequence[str], used: str) -> tuple[str, ...] | None:
    """Those that are left when this one is used; None when it is none of them."""
    left = tuple(digest for digest in digests if not hmac.compare_digest(digest, used))
    return left if len(left) < len(digests) else None


def clean(code: str) -> str:
    """As typed, without spaces: authenticators show "123 456"."""
    return "".join(code.split())


def _group() -> str:
    return "".join(secrets.choice(_LETTERS) for _ in range(_GROUP))
