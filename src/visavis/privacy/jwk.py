"""Public keys as others meet them: JWK and JWKS (RFC 7517, RFC 8037), named by their thumbprint (RFC 7638)."""

import hashlib
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from collections.abc import Sequence
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from visavis.errors import InputRefused

KEY_BYTES = 32


def to_jwk(public: bytes) -> dict[str, str]:
    """An Ed25519 public key as JWK."""
    member = {"crv": "Ed25519", "kty": "OKP", "x": _encode(public)}
    thumb = hashlib.sha256(json.dumps(member, sort_keys=True, separators=(",", ":")).encode()).digest()
    return member | {"kid": _encode(thumb), "use": "sig", "alg": "EdDSA"}


def to_jwks(publics: Sequence[bytes]) -> dict[str, list[dict[str, str]]]:
    """A set of them."""
    return {"keys": [to_jwk(public) for public in dict.fromkeys(publics)]}


def to_pem(public: bytes) -> str:
    """As PEM (SubjectPublicKeyInfo, RFC 8410)."""
    encoding, form = serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    return Ed25519PublicKey.from_public_bytes(public).public_bytes(encoding, form).decode()


def read_public_keys(text: str) -> list[bytes]:
    """Keys of a JWK, a JWKS or a PEM document; raises InputRefused."""
    try:
        if text.lstrip().startswith("-----BEGIN"):
            key = serialization.load_pem_public_key(text.encode())
            if not isinstance(key, Ed25519PublicKey):
                raise InputRefused("public key: not an Ed25519 key")
            return [key.public_bytes_raw()]
        document = json.loads(text)
        found = [_from_jwk(one) for one in document.get("keys", [document])]
    except (ValueError, AttributeError, KeyError, TypeError, Base64Error, UnsupportedAlgorithm):
        raise InputRefused("public key: give the site's JWKS, a JWK or a PEM file") from None
    if not found:
        raise InputRefused("public key: the set is empty")
    return found


def _from_jwk(jwk: dict[str, Any]) -> bytes:
    key = urlsafe_b64decode(str(jwk["x"]) + "==")
    if jwk["kty"] != "OKP" or jwk["crv"] != "Ed25519" or len(key) != KEY_BYTES:
        raise ValueError("not an Ed25519 key")
    return key


def _encode(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()
