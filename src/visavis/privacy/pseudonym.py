"""Names that only this site can link: tokens for the hub, digests of cards and PINs."""

import hashlib
import hmac
import secrets
import unicodedata
from base64 import b32encode

from visavis.ports import KeyProvider
from visavis.privacy.keys import bound
from visavis.types import MemberId, Token

CARD_PREFIX = "VV1-"
PIN_DIGITS = 10


def token(keys: KeyProvider, member_id: MemberId, *, site: str, purpose: str = "hub") -> Token:
    """The member's pseudonym: HMAC-SHA256 under a key of this use, base32; unlinkable without the site key."""
    digest = hmac.digest(keys.derive("pseudonym"), bound(site, purpose, member_id), "sha256")
    return Token(b32encode(digest[:20]).decode().lower())


def credential_digest(keys: KeyProvider, secret: str) -> bytes:
    """What is stored of a card or PIN: HMAC-SHA256 under a key of this use.

    Only letters and digits count: people write codes with spaces and dashes of their own, and a Chinese keyboard
    types full-width digits.
    """
    return hmac.digest(keys.derive("credential"), _plain(secret), "sha256")


def holder_of(card: str) -> bytes:
    """What a card adds to its member's key at level L2: from its 128 random bits alone, which no site has."""
    return hashlib.sha256(b"visavis holder " + _plain(card)).digest()


def _plain(secret: str) -> bytes:
    return "".join(filter(str.isalnum, unicodedata.normalize("NFKC", secret))).upper().encode()


def new_card() -> str:
    """Text of a QR card: 128 random bits, all capitals and digits (QR alphanumeric mode, so the code stays small)."""
    return CARD_PREFIX + b32encode(secrets.token_bytes(16)).decode().rstrip("=")


def new_pin() -> str:
    """Ten random digits."""
    return f"{secrets.randbelow(10**PIN_DIGITS):0{PIN_DIGITS}d}"
