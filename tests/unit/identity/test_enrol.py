"""What a person allowed and showed becomes a member; whatever is personal in it is sealed."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from visavis.errors import ConsentMissing, GalleryMismatch, InputRefused, KeyDestroyed
from visavis.identity.enrol import (
    Enrolment,
    checked_nickname,
    enrol,
    for_hub,
    nickname,
    open_templates,
    withdrawals,
    without_templates,
)
from visavis.privacy.keys import FileSiteKey
from visavis.privacy.pseudonym import credential_digest
from visavis.scenarios.loader import load_scenario
from visavis.testing import T0, an_embedding, counted_ids
from visavis.types import Embedding, Purpose, Scenario

RETAIL = load_scenario("retail")
ALL = (Purpose.RECOGNISE, Purpose.PERSONALISE)


@pytest.fixture
def keys(tmp_path: Path) -> FileSiteKey:
    return FileSiteKey(tmp_path / "site.key")


def enrolled(
    keys: FileSiteKey,
    *,
    name: str = "Ada",
    embeddings: tuple[Embedding, ...] = (),
    purposes: tuple[Purpose, ...] = (Purpose.PERSONALISE,),
    locale: str = "en",
    scenario: Scenario = RETAIL,
) -> Enrolment:
    return enrol(
        nickname=name,
        locale=locale,
        site="site-1",
        scenario=scenario,
        embeddings=embeddings,
        purposes=purposes,
        same_person=0.5,
        keys=keys,
        now=T0,
        ids=counted_ids("id"),
    )


def test_a_member_by_face_opens_with_the_sites_key(keys: FileSiteKey) -> None:
    """Templates and nickname come back; neither stands in the record."""
    made = enrolled(keys, embeddings=(an_embedding(0), an_embedding(0)), purposes=ALL)
    opened = open_templates(made.member, keys, an_embedding().model)
    assert [tuple(e.vector) for _, e in opened] == [tuple(an_embedding(0).vector)] * 2
    assert nickname(made.member, keys) == "Ada"
    assert "Ada" not in repr(made)
    assert made.pin not in repr(made)
    assert b"Ada" not in made.member.nickname.ciphertext


def test_a_member_without_a_face_has_card_and_pin(keys: FileSiteKey) -> None:
    """Invariant 5: both codes lead to the member, and only as digests."""
    made = enrolled(keys)
    assert not made.member.templates
    assert set(made.member.credentials) == {credential_digest(keys, made.card), credential_digest(keys, made.pin)}


def test_the_hub_gets_receipts_by_token_and_none_about_faces(keys: FileSiteKey) -> None:
    """Two names, one receipt id; RECOGNISE stays at the edge."""
    made = enrolled(keys, embeddings=(an_embedding(),), purposes=ALL)
    assert {c.subject for c in made.consents_edge} == {made.member.id}
    assert [(c.purpose, c.subject) for c in made.consents_hub] == [(Purpose.PERSONALISE, made.member.token)]
    assert made.consents_hub[0].id in {c.id for c in made.consents_edge}


def test_photos_need_consent_to_recognise(keys: FileSiteKey) -> None:
    """And membership needs what the pack requires."""
    with pytest.raises(ConsentMissing, match="recognise"):
        enrolled(keys, embeddings=(an_embedding(),))
    asked = dict(RETAIL.notices) | {Purpose.PERSONALISE: replace(RETAIL.notices[Purpose.PERSONALISE], required=True)}
    with pytest.raises(ConsentMissing, match="personalise"):
        enrolled(keys, purposes=(), scenario=replace(RETAIL, notices=asked))


def test_nothing_needs_to_be_agreed_to_where_the_pack_asks_for_nothing(keys: FileSiteKey) -> None:
    """A member who ticks no box has card and PIN, and no consent stands anywhere."""
    made = enrolled(keys, purposes=())
    assert made.card
    assert made.pin
    assert (made.consents_edge, made.consents_hub) == ((), ())


def test_photos_of_two_people_are_refused(keys: FileSiteKey) -> None:
    """Orthogonal embeddings have a score of 0, below 0.5."""
    with pytest.raises(InputRefused, match="same person"):
        enrolled(keys, embeddings=(an_embedding(0), an_embedding(1)), purposes=ALL)
    with pytest.raises(InputRefused, match="at most 5"):
        enrolled(keys, embeddings=(an_embedding(),) * 6, purposes=ALL)


@pytest.mark.parametrize(("given", "kept"), [("  Ada  Lovelace ", "Ada Lovelace"), ("Ａｄａ", "Ada"), ("小明", "小明")])
def test_nicknames_are_normalised(given: str, kept: str) -> None:
    """NFKC, single spaces."""
    assert checked_nickname(given) == kept


@pytest.mark.parametrize("given", ["", "   ", "a" * 41, "Ada\u202e", "a\x00b"])
def test_unprintable_or_endless_nicknames_are_refused(given: str) -> None:
    """What could spoil a screen does not reach one."""
    with pytest.raises(InputRefused, match="nickname"):
        checked_nickname(given)


def test_without_templates_the_old_key_is_gone(keys: FileSiteKey) -> None:
    """The nickname lives under a fresh key; the old wrapped key is nowhere in the record."""
    made = enrolled(keys, embeddings=(an_embedding(),), purposes=ALL)
    after = without_templates(made.member, keys)
    assert not after.templates
    assert after.wrapped_key != made.member.wrapped_key
    assert nickname(after, keys) == "Ada"


def test_withdrawals_end_exactly_what_lives(keys: FileSiteKey) -> None:
    """One for each live consent asked for; none the second time."""
    made = enrolled(keys, embeddings=(an_embedding(),), purposes=ALL)
    ids = counted_ids("w")
    (ended,) = withdrawals(made.consents_edge, [Purpose.RECOGNISE], method="kiosk", now=T0, ids=ids)
    assert ended.purpose is Purpose.RECOGNISE
    again = withdrawals([*made.consents_edge, ended], [Purpose.RECOGNISE], method="kiosk", now=T0, ids=ids)
    assert again == ()
    everything = withdrawals(made.consents_edge, tuple(Purpose), method="kiosk", now=T0, ids=ids)
    assert len(for_hub(everything, made.member)) == 1


def test_a_consent_from_a_fast_clock_is_ended_too(keys: FileSiteKey) -> None:
    """Withdrawn five seconds before its stamp: otherwise it would come alive afterwards."""
    made = enrolled(keys)
    early = T0 - timedelta(seconds=5)
    (ended,) = withdrawals(made.consents_edge, tuple(Purpose), method="kiosk", now=early, ids=counted_ids("w"))
    assert ended.consent_id == made.consents_edge[0].id
    after = made.consents_edge[0].expires_at
    lapsed = withdrawals(made.consents_edge, tuple(Purpose), method="kiosk", now=after, ids=counted_ids("w"))
    assert [one.consent_id for one in lapsed] == [ended.consent_id]  # who declines to renew is not asked again


def test_photos_of_two_models_are_refused(keys: FileSiteKey) -> None:
    """Their scores would mean nothing."""
    with pytest.raises(GalleryMismatch):
        enrolled(keys, embeddings=(an_embedding(), an_embedding(model="other@111111111111")), purposes=ALL)


def test_a_notice_that_nobody_could_read_is_no_notice(keys: FileSiteKey) -> None:
    """The retail pack speaks English and Chinese, not French."""
    assert enrolled(keys, locale="zh-CN").consents_edge[0].locale == "zh-CN"
    with pytest.raises(InputRefused, match="locale"):
        enrolled(keys, locale="fr")


def test_templates_of_another_model_wait(keys: FileSiteKey) -> None:
    """They stay sealed; the member is known by card until enrolled again."""
    made = enrolled(keys, embeddings=(an_embedding(),), purposes=ALL)
    assert open_templates(made.member, keys, "other@111111111111") == []


def test_nothing_of_a_member_opens_once_the_key_is_gone(keys: FileSiteKey) -> None:
    """Crypto-shredding: ciphertext in an old backup stays ciphertext."""
    made = enrolled(keys, embeddings=(an_embedding(),), purposes=ALL)
    gone = replace(made.member, wrapped_key=b"")
    with pytest.raises(KeyDestroyed):
        nickname(gone, keys)
    with pytest.raises(KeyDestroyed):
        open_templates(gone, keys, an_embedding().model)
