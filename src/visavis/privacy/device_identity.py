"""Kiosks and screens that prove which one they are: a code pairs them once, then they sign with a key of their own."""

import hmac
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from visavis.errors import DeviceRefused, PairingRefused, SignatureInvalid
from visavis.ports import KeyProvider
from visavis.privacy import jws

ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"  # nothing that is read as something else: neither 0 O, 1 I L nor U
CODE_CHARS = 8  # 30^8: 39 bits, for ten minutes and few attempts
CODE_FOR = timedelta(minutes=10)
CHALLENGE_FOR = timedelta(minutes=1)
TOKEN_FOR = timedelta(minutes=10)
MAX_TOKEN = 1000  # characters

_CHALLENGE, _TOKEN = "device-challenge", "device-token"


def new_code() -> str:
    """What staff reads out and somebody types at the device."""
    return "".join(secrets.choice(ALPHABET) for _ in range(CODE_CHARS))


def code_digest(keys: KeyProvider, code: str) -> bytes:
    """What is stored of a code: HMAC-SHA256 under a key of this use. Case, spaces and dashes do not count."""
    plain = "".join(filter(str.isalnum, code)).upper()
    return hmac.digest(keys.derive("pairing-code"), plain.encode(), "sha256")


def pairing_text(code: str, public_key: str) -> bytes:
    """What a device signs to pair, with its key as it sends it: whoever has only seen the public key cannot."""
    plain = "".join(filter(str.isalnum, code)).upper()
    return f"visavis-pair\n{plain}\n{public_key}".encode()


def token_text(challenge: str) -> bytes:
    """What a device signs to get a token."""
    return f"visavis-token\n{challenge}".encode()


def signed_by(public_key: bytes, signature: bytes, text: bytes) -> bool:
    """Whether the holder of this key signed it."""
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, text)
    except (InvalidSignature, ValueError):
        return False
    return True


def check_pairing(public_key: bytes, signature: bytes, text: bytes) -> None:
    """Raises PairingRefused for a key whose holder did not sign, and for one that no device can have made."""
    if len(public_key) != 32 or not signed_by(public_key, signature, text):
        raise PairingRefused("the device did not prove that it holds its key")


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """What a device shows with each request."""

    device_id: str
    placement: str
    expires_at: datetime


def challenge(keys: KeyProvider, device_id: str, *, site: str, now: datetime) -> str:
    """Something that was never signed before; whether there is such a device, it does not tell."""
    claims = {"sub": device_id, "iss": site, "exp": int((now + CHALLENGE_FOR).timestamp())}
    return jws.sign(keys, _CHALLENGE, claims | {"nonce": secrets.token_urlsafe(16)})


def check_challenge(text: str, public: bytes, device_id: str, *, site: str, now: datetime) -> str:
    """Its nonce, to be used once; raises DeviceRefused."""
    claims = _read(text, public, site=site, now=now)
    if claims["sub"] != device_id:
        raise DeviceRefused("the challenge is another device's")
    return str(claims["nonce"])


def sign_token(keys: KeyProvider, device_id: str, *, site: str, placement: str, now: datetime) -> str:
    """A token for ten minutes, signed by the site."""
    claims = {"sub": device_id, "iss": site, "placement": placement, "exp": int((now + TOKEN_FOR).timestamp())}
    return jws.sign(keys, _TOKEN, claims)


def read_token(text: str, public: bytes, *, site: str, now: datetime) -> Token:
    """What a token says; raises DeviceRefused when it has expired, was changed, or is another site's."""
    claims = _read(text, public, site=site, now=now)
    return Token(
        device_id=str(claims["sub"]),
        placement=str(claims["placement"]),
        expires_at=datetime.fromtimestamp(claims["exp"], UTC),
    )


def public_keys(keys: KeyProvider) -> tuple[bytes, bytes]:
    """The halves that check challenges and tokens; worth keeping, for each request needs one."""
    return jws.public_key(keys, _CHALLENGE), jws.public_key(keys, _TOKEN)


def _read(text: str, public: bytes, *, site: str, now: datetime) -> dict[str, Any]:
    try:
        claims = jws.verify(text, public, most=MAX_TOKEN)
    except SignatureInvalid:
        raise DeviceRefused("the token is none of this site's") from None
    if claims["iss"] != site:
        raise DeviceRefused("the token is another site's")
    if claims["exp"] <= now.timestamp():
        raise DeviceRefused("the token has expired")
    return claims
