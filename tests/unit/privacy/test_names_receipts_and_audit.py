"""Pseudonyms, signed receipts, and the chain that shows tampering."""

import json
import random
from base64 import urlsafe_b64encode
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import example, given
from hypothesis import strategies as st

from visavis.errors import SignatureInvalid
from visavis.privacy import audit
from visavis.privacy.keys import FileSiteKey
from visavis.privacy.pseudonym import credential_digest, new_card, new_pin, token
from visavis.privacy.receipts import deletion_receipt, public_key, sign_receipt, verify
from visavis.testing import T0, a_consent
from visavis.types import AuditEntry, MemberId


@pytest.fixture
def keys(tmp_path: Path) -> FileSiteKey:
    return FileSiteKey(tmp_path / "site.key")


def test_tokens_differ_by_site_purpose_and_key(keys: FileSiteKey, tmp_path: Path) -> None:
    """The same member at two sites, for two purposes or under two keys has unrelated names."""
    member = MemberId("m")
    names = {
        token(keys, member, site="a"),
        token(keys, member, site="b"),
        token(keys, member, site="a", purpose="push"),
        token(FileSiteKey(tmp_path / "other.key"), member, site="a"),
    }
    assert len(names) == 4
    assert token(keys, member, site="a") in names


def test_parts_of_a_name_do_not_run_into_each_other(keys: FileSiteKey) -> None:
    """The end of a site's name is not the beginning of a purpose's."""
    member = MemberId("m")
    assert token(keys, member, site="a\nb", purpose="c") != token(keys, member, site="a", purpose="b\nc")


def test_codes_are_digested_as_people_write_them(keys: FileSiteKey) -> None:
    """Spaces, hyphens and small letters do not matter; digits do."""
    assert credential_digest(keys, "123 456-7890") == credential_digest(keys, "1234567890")
    assert credential_digest(keys, "vv1-abc") == credential_digest(keys, "VV1-ABC")
    assert credential_digest(keys, "１２３４５６－７８９０") == credential_digest(keys, "1234567890")
    assert credential_digest(keys, "123\u2013456\u20147890\n") == credential_digest(keys, "1234567890")
    assert credential_digest(keys, "1234567891") != credential_digest(keys, "1234567890")


def test_cards_and_pins_are_long_enough_and_fresh() -> None:
    """128 bits of base32 behind the prefix, ten digits."""
    cards, pins = {new_card() for _ in range(100)}, {new_pin() for _ in range(100)}
    assert len(cards) == len(pins) == 100
    assert all(len(card) == len("VV1-") + 26 and card.startswith("VV1-") for card in cards)
    assert all(len(pin) == 10 and pin.isdigit() for pin in pins)


def test_a_receipt_verifies_with_the_public_key_alone(keys: FileSiteKey) -> None:
    """And says what was consented to."""
    consent = a_consent()
    claims = verify(sign_receipt(keys, consent), public_key(keys))
    assert claims["purpose"] == consent.purpose.value
    assert claims["privacy_notice"]["sha256"] == consent.notice_sha256
    assert claims["valid_until"] == consent.expires_at.isoformat()


def test_every_changed_character_of_a_receipt_is_found(keys: FileSiteKey) -> None:
    """Each position once, and each cut end."""
    receipt = sign_receipt(keys, a_consent())
    public = public_key(keys)
    for place, letter in enumerate(receipt):
        other = "A" if letter != "A" else "B"
        with pytest.raises(SignatureInvalid):
            verify(receipt[:place] + other + receipt[place + 1 :], public)
    for wrong in ("", "a.b", receipt[:-1], receipt + "A", receipt * 100):
        with pytest.raises(SignatureInvalid):
            verify(wrong, public)


def test_another_sites_receipt_is_refused(keys: FileSiteKey, tmp_path: Path) -> None:
    """The signature binds the site."""
    other = FileSiteKey(tmp_path / "other.key")
    with pytest.raises(SignatureInvalid):
        verify(sign_receipt(other, a_consent()), public_key(keys))


@pytest.mark.parametrize("header", [{"alg": "none"}, {"alg": "HS256", "typ": "JWT"}, {"alg": "EdDSA", "typ": "other"}])
def test_another_header_is_refused_even_with_a_good_signature(keys: FileSiteKey, header: dict[str, str]) -> None:
    """Whoever chooses the algorithm chooses what counts as signed."""

    def encoded(data: bytes) -> str:
        return urlsafe_b64encode(data).rstrip(b"=").decode()

    _, payload, _ = sign_receipt(keys, a_consent()).split(".")
    signed = f"{encoded(json.dumps(header).encode())}.{payload}"
    signature = Ed25519PrivateKey.from_private_bytes(keys.derive("receipts")).sign(signed.encode())
    with pytest.raises(SignatureInvalid):
        verify(f"{signed}.{encoded(signature)}", public_key(keys))
    with pytest.raises(SignatureInvalid):
        verify(f"{signed}.", public_key(keys))


def test_a_deletion_receipt_says_what_went(keys: FileSiteKey) -> None:
    """Counts by store, signed."""
    receipt = deletion_receipt(keys, receipt_id="r", subject="t", site="s", removed={"edge": 3, "event": 2}, at=T0)
    claims = verify(receipt.signature, public_key(keys))
    assert claims["removed"] == {"edge": 3, "event": 2}
    assert claims["event_type"] == "erased"


def a_chain(length: int) -> list[AuditEntry]:
    entries: list[AuditEntry] = []
    previous = audit.GENESIS
    for seq in range(1, length + 1):
        at = T0 + timedelta(seconds=seq)
        entries.append(audit.chain(previous, seq, at, "edge", "enrolled", f"t{seq % 3}", {"n": str(seq)}))
        previous = entries[-1].sha256
    return entries


def test_an_untouched_chain_verifies_to_its_last_hash() -> None:
    """The last hash is what a checkpoint signs."""
    entries = a_chain(20)
    assert audit.verify(entries) == entries[-1].sha256
    assert audit.verify([]) == audit.GENESIS


def test_every_random_mutation_of_a_chain_is_found() -> None:
    """Edited, deleted, swapped or repeated entries: 500 random mutations, 500 found."""
    rng = random.Random(0)
    for _ in range(500):
        entries = a_chain(12)
        place = rng.randrange(11)
        match rng.randrange(5):
            case 0:
                entries[place] = replace(entries[place], action="nothing")
            case 1:
                entries[place] = replace(entries[place], detail={"n": "0"})
            case 2:
                del entries[place]
            case 3:
                entries[place], entries[place + 1] = entries[place + 1], entries[place]
            case _:
                entries.insert(place, entries[place])
        with pytest.raises(SignatureInvalid):
            audit.verify(entries)


@pytest.mark.parametrize(
    "change",
    [
        {"seq": 7},
        {"at": T0},
        {"actor": "hub"},
        {"action": "forgotten"},
        {"subject": "t9"},
        {"detail": {}},
        {"previous_sha256": audit.GENESIS},
        {"sha256": "f" * 64},
    ],
)
def test_a_change_of_any_field_is_named_by_its_place(change: dict[str, object]) -> None:
    """The fifth entry was changed, so the fifth entry is named."""
    entries = a_chain(12)
    entries[4] = replace(entries[4], **change)  # type: ignore[arg-type]  # one field at a time
    with pytest.raises(SignatureInvalid, match="audit entry 5"):
        audit.verify(entries)


def test_an_edit_with_its_own_hash_made_good_breaks_the_next_link() -> None:
    """To hide an edit, everything after it has to be written anew, and then the last hash is another."""
    entries = a_chain(12)
    e = entries[4]
    entries[4] = audit.chain(e.previous_sha256, e.seq, e.at, e.actor, "nothing", e.subject, e.detail)
    with pytest.raises(SignatureInvalid, match="audit entry 6"):
        audit.verify(entries)
    checkpoint, forged = a_chain(12)[-1].sha256, entries[:5]
    for e in a_chain(12)[5:]:
        forged.append(audit.chain(forged[-1].sha256, e.seq, e.at, e.actor, e.action, e.subject, e.detail))
    assert audit.verify(forged) != checkpoint


def test_a_chain_is_verified_in_pieces() -> None:
    """From the last hash and number of the piece before; a piece that does not follow is refused."""
    entries = a_chain(12)
    middle = audit.verify(entries[:7])
    assert audit.verify(entries[7:], previous_sha256=middle, first_seq=8) == entries[-1].sha256
    with pytest.raises(SignatureInvalid, match="audit entry 8"):
        audit.verify(entries[8:], previous_sha256=middle, first_seq=8)


def test_content_cannot_move_between_fields() -> None:
    """Two entries that read alike when run together have different hashes."""
    one = audit.chain(audit.GENESIS, 1, T0, "a", "bc", "d", {"k": "v"})
    for other in (("ab", "c", "d", {"k": "v"}), ("a", "b", "cd", {"k": "v"}), ("a", "bc", "d", {"kv": ""})):
        assert audit.chain(audit.GENESIS, 1, T0, *other).sha256 != one.sha256
    assert audit.chain(audit.GENESIS, 1, T0, "a", "b", "c", {"x": "1", "y": "2"}) == audit.chain(
        audit.GENESIS, 1, T0, "a", "b", "c", {"y": "2", "x": "1"}
    )


TEXTS = st.text(st.sampled_from('ab"\\,: {}[]\n\x1f\x7f茶') | st.characters(exclude_categories=["Cs"]), max_size=8)


@given(st.dictionaries(TEXTS | st.sampled_from(":,"), TEXTS | st.sampled_from(":,"), max_size=4))
@example({":": ""})
@example({"a": ","})
@example({"a,": "b:", ",": ":"})
def test_details_are_spelled_alike_from_a_mapping_and_from_json(detail: dict[str, str]) -> None:
    """However the JSON is written; and as `json.dumps` spells the same list."""
    expected = json.dumps(sorted(detail.items()), separators=(",", ":"), ensure_ascii=False)
    assert audit.pairs(detail.items()) == expected
    assert json.loads(audit.spelled_object(detail)) == detail
    for text in (json.dumps(detail), json.dumps(detail, ensure_ascii=False), audit.spelled_object(detail)):
        assert audit.pairs_of_json(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "7",
        "null",
        '"a"',
        "[]",
        '[["a", "b"]]',
        '{"a": 7}',
        '{"a": null}',
        "[" * 9999,
        '[{"a":"b"}]',
        '{"a":["b"]}',
        '{"a":{"b":"c"}}',
    ],
)
def test_a_detail_that_is_no_object_of_texts_fits_no_hash(text: str) -> None:
    """Whatever the database holds there."""
    assert audit.pairs_of_json(text) == "null"
    assert audit.pairs_of_json('{"a": "1", "a": "2"}') == '[["a","1"],["a","2"]]'
    assert audit.pairs_of_json("{}") == "[]"
