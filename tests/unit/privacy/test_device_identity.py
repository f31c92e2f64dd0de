"""A device proves which one it is; whoever saw what went over the line cannot."""

import re
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from visavis.errors import DeviceRefused, PairingRefused
from visavis.privacy.device_identity import (
    ALPHABET,
    challenge,
    check_challenge,
    check_pairing,
    code_digest,
    new_code,
    pairing_text,
    public_keys,
    read_token,
    sign_token,
    signed_by,
    token_text,
)
from visavis.testing import T0, MemoryKeys

KEYS = MemoryKeys()
CHALLENGES, TOKENS = public_keys(KEYS)


def test_codes_are_short_unambiguous_and_new_each_time() -> None:
    """Eight of thirty signs; a thousand of them are a thousand, and every sign comes."""
    codes = {new_code() for _ in range(1000)}
    assert len(codes) == 1000
    assert all(re.fullmatch(rf"[{ALPHABET}]{{8}}", code) for code in codes)
    assert set("".join(codes)) == set(ALPHABET)
    assert len(ALPHABET) == 30
    assert not set(ALPHABET) & set("01OILU")


def test_how_a_code_is_typed_does_not_matter() -> None:
    """Case, spaces and dashes; what is kept of it hangs on the site's key."""
    assert code_digest(KEYS, "ab2c-d3 ef") == code_digest(KEYS, "AB2CD3EF") != code_digest(KEYS, "AB2CD3EG")
    assert code_digest(KEYS, "AB2CD3EF") != code_digest(MemoryKeys(b"another site's key, 32 bytes...!"), "AB2CD3EF")
    assert pairing_text("ab2c-d3ef", "key") == pairing_text("AB2CD3EF", "key")


def test_pairing_needs_the_private_key() -> None:
    """A signature of another key, of another code, or none."""
    device, thief = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
    public = device.public_key().public_bytes_raw()
    text = pairing_text("AB2CD3EF", "key")
    check_pairing(public, device.sign(text), text)
    for key, signature in (
        (public, thief.sign(text)),
        (public, device.sign(pairing_text("AB2CD3EG", "key"))),
        (public, b""),
        (b"", device.sign(text)),
        (bytes(32), device.sign(text)),
    ):
        with pytest.raises(PairingRefused):
            check_pairing(key, signature, text)
    assert not signed_by(public, device.sign(text), token_text("AB2CD3EF"))


def test_a_challenge_is_one_devices_and_one_minutes() -> None:
    """And every one is new."""
    first, second = (challenge(KEYS, "device-1", site="site-1", now=T0) for _ in range(2))
    assert check_challenge(first, CHALLENGES, "device-1", site="site-1", now=T0) != check_challenge(
        second, CHALLENGES, "device-1", site="site-1", now=T0
    )
    for device_id, site, later_s in (("device-2", "site-1", 0), ("device-1", "site-2", 0), ("device-1", "site-1", 60)):
        with pytest.raises(DeviceRefused):
            check_challenge(first, CHALLENGES, device_id, site=site, now=T0 + timedelta(seconds=later_s))


def test_a_token_holds_for_ten_minutes_at_its_site() -> None:
    """And is no challenge, as a challenge is no token."""
    token = sign_token(KEYS, "device-1", site="site-1", placement="screen", now=T0)
    found = read_token(token, TOKENS, site="site-1", now=T0 + timedelta(minutes=9, seconds=59))
    assert (found.device_id, found.placement) == ("device-1", "screen")
    assert found.expires_at == T0 + timedelta(minutes=10)
    for text, site, minutes in (
        (token, "site-1", 10),
        (token, "site-2", 0),
        (challenge(KEYS, "device-1", site="site-1", now=T0), "site-1", 0),
        ("", "site-1", 0),
        ("x" * 5000, "site-1", 0),
    ):
        with pytest.raises(DeviceRefused):
            read_token(text, TOKENS, site=site, now=T0 + timedelta(minutes=minutes))


@given(st.integers(min_value=0), st.characters(codec="ascii"))
def test_a_changed_token_is_refused(place: int, sign: str) -> None:
    """Whichever character is changed."""
    token = sign_token(KEYS, "device-1", site="site-1", placement="screen", now=T0)
    place %= len(token)
    changed = token[:place] + sign + token[place + 1 :]
    if changed != token:
        with pytest.raises(DeviceRefused):
            read_token(changed, TOKENS, site="site-1", now=T0)
