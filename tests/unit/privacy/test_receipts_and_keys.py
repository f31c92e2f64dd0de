"""Receipts as ISO/IEC TS 27560 wants them, and the public keys that prove them."""

import json

import pytest

from visavis.errors import InputRefused
from visavis.privacy.jwk import read_public_keys, to_jwk, to_jwks, to_pem
from visavis.privacy.receipts import Terms, public_key, sign_receipt, verify, withdrawal_receipt
from visavis.testing import MemoryKeys, a_consent, a_withdrawal
from visavis.types import Purpose

KEYS = MemoryKeys()
TERMS = Terms(contact="privacy officer, 555-0100", jurisdiction="EU", biometric_days=365, event_days=730)
# RFC 8037, appendix A: the key and its thumbprint.
RFC_KEY = bytes.fromhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")
RFC_THUMB = "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"


def test_r03_a_receipt_carries_every_field_that_the_site_knows() -> None:
    """By hand, from the record: who, what for, on which text, how, how long, and how it ends."""
    consent = a_consent(purpose=Purpose.RECOGNISE, guardian="consent-9")
    claims = verify(sign_receipt(KEYS, consent, TERMS), public_key(KEYS))
    assert claims.pop("withdrawal_method").startswith("at any kiosk")
    assert "erasure" in claims.pop("pii_principal_rights")
    assert claims == {
        "schema_version": "ISO/IEC TS 27560:2023",
        "record_id": "consent-1",
        "pii_principal_id": "token-1",
        "pii_controller": "site-1",
        "pii_controller_contact": "privacy officer, 555-0100",
        "jurisdiction": "EU",
        "lawful_basis": "consent",
        "purpose": "recognise",
        "pii_types": ["face template"],
        "special_pii_category": "biometric",
        "processing_method": "compared with faces before this site's cameras; nothing is inferred from it",
        "storage_location": "encrypted, on the machine with the camera at the site",
        "service": "sample",
        "privacy_notice": {"version": "1", "sha256": "0" * 64},
        "language": "en",
        "collection_method": "kiosk",
        "evidence": "pressed accept",
        "event_time": "2026-01-05T09:00:00+00:00",
        "event_type": "explicit",
        "event_state": "given",
        "valid_until": "2027-01-05T09:00:00+00:00",
        "guardian": "consent-9",
        "recipients": [],
        "retention_days": 365,
    }


@pytest.mark.parametrize("purpose", list(Purpose))
def test_what_nobody_knows_is_left_out(purpose: Purpose) -> None:
    """No contact, no guardian, no null; only a face is biometric."""
    claims = verify(sign_receipt(KEYS, a_consent(purpose=purpose)), public_key(KEYS))
    assert None not in claims.values()
    assert "guardian" not in claims
    assert ("special_pii_category" in claims) == (purpose is Purpose.RECOGNISE)


def test_r03_a_withdrawal_has_a_receipt_of_its_own() -> None:
    """It names the record that it ends, when and how."""
    claims = verify(withdrawal_receipt(KEYS, a_withdrawal(), a_consent(), TERMS), public_key(KEYS))
    assert (claims["record_id"], claims["ends_record_id"]) == ("withdrawal-1", "consent-1")
    assert (claims["event_state"], claims["event_time"]) == ("withdrawn", "2026-01-06T09:00:00+00:00")


def test_a_key_is_named_by_its_thumbprint() -> None:
    """The example of RFC 8037."""
    assert to_jwk(RFC_KEY)["x"] == "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
    assert to_jwk(RFC_KEY)["kid"] == RFC_THUMB


def test_every_form_of_a_key_reads_back() -> None:
    """JWK, JWKS and PEM; a set holds each once."""
    for text in (json.dumps(to_jwk(RFC_KEY)), json.dumps(to_jwks([RFC_KEY, RFC_KEY])), to_pem(RFC_KEY)):
        assert read_public_keys(text) == [RFC_KEY]


@pytest.mark.parametrize(
    "text",
    ["", "nonsense", "[]", "{}", '{"keys": []}', '{"kty": "RSA", "crv": "Ed25519", "x": "AA"}',
     "-----BEGIN PUBLIC KEY-----", '{"kty": "OKP", "crv": "Ed25519", "x": "AA"}', '{"keys": [3]}', '"text"'],
)  # fmt: skip
def test_what_is_no_key_is_refused(text: str) -> None:
    """With what to give instead."""
    with pytest.raises(InputRefused, match="public key"):
        read_public_keys(text)
