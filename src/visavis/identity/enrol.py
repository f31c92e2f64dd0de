"""Enrolment: what a person allowed and showed becomes a member; whatever is personal in it is sealed."""

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TypeVar

import numpy as np

from visavis.errors import ConsentMissing, GalleryMismatch, InputRefused, KeyDestroyed, KeyHeld
from visavis.identity.rotation import base_model
from visavis.ports import KeyProvider
from visavis.privacy.consent import Entry, grant, not_withdrawn, withdraw
from visavis.privacy.declared import OF_AGE, Declared, signed
from visavis.privacy.holder import keys_with
from visavis.privacy.pseudonym import credential_digest, holder_of, new_card, new_pin, token
from visavis.privacy.vault import new_wrapped_key, open_embedding, open_text, seal_embedding, seal_text
from visavis.types import Consent, Embedding, Member, MemberId, Purpose, Scenario, SealedTemplate, Withdrawal

MAX_PHOTOS = 5
MAX_NICKNAME = 40
NICKNAME = "nickname"
NO_NAME = "–"
Ids = Callable[[], str]
E = TypeVar("E", bound=Entry)


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolment:
    """A new member, the codes that are shown once, and the receipts for each half's ledger."""

    member: Member
    pin: str = field(repr=False)
    card: str = field(repr=False)
    consents_edge: tuple[Consent, ...]  # all, by member id
    consents_hub: tuple[Consent, ...]  # the same receipts by token, without RECOGNISE: the hub knows no faces


def enrol(
    *,
    nickname: str,
    locale: str,
    site: str,
    scenario: Scenario,
    embeddings: Sequence[Embedding],
    purposes: Sequence[Purpose],
    same_person: float,
    keys: KeyProvider,
    now: datetime,
    ids: Ids,
    method: str = "kiosk",
    evidence: str = "ticked the box and pressed join",
    declared: Declared = OF_AGE,
    held: bool = False,
) -> Enrolment:
    """Make a member.

    Args:
        nickname: For the greeting; 1 to 40 printable characters.
        locale: Language in which the notices were read.
        site: Where.
        scenario: Its notices say what is required and how long a consent lasts.
        embeddings: Zero to five, all of one person; none for card and PIN only.
        purposes: What the person allowed.
        same_person: Least comparison score between the photos.
        keys: The site's keys.
        now: Aware UTC.
        ids: Source of fresh ids.
        method: How consent was given.
        evidence: What shows that it was; never personal data.
        declared: What `privacy.declared` has checked.
        held: Whether the member's card is needed to open anything of theirs (protection level L2).

    Raises:
        ConsentMissing: A required purpose, or RECOGNISE for photos, was not allowed.
        GalleryMismatch: The photos were embedded by different models.
        InputRefused: The nickname, the language or the set of photos cannot be used.
    """
    name = checked_nickname(nickname)
    _check_consents(scenario, purposes, locale, photos=len(embeddings))
    _check_one_person(embeddings, same_person)
    member_id = MemberId(ids())
    pin, card = new_pin(), new_card()
    keys = keys_with(keys, holder_of(card) if held else b"")
    wrapped = new_wrapped_key(keys, member_id)
    member = Member(
        id=member_id,
        token=token(keys, member_id, site=site),
        site=site,
        scenario=scenario.name,
        locale=locale,
        wrapped_key=wrapped,
        nickname=seal_text(keys, wrapped, name, member_id=member_id, purpose=NICKNAME),
        credentials=(credential_digest(keys, card), credential_digest(keys, pin)),
        templates=(),
        enrolled_at=now,
    )
    member = with_templates(member, embeddings, keys=keys, now=now, ids=ids)
    mark = signed(keys, member_id, declared.signature) if declared.signature else ""
    consents = tuple(
        grant(
            scenario.notices[purpose],
            subject=member_id,
            site=site,
            scenario=scenario.name,
            locale=locale,
            method=method,
            evidence=mark if mark and purpose is Purpose.RECOGNISE else evidence,
            now=now,
            consent_days=scenario.consent_days,
            consent_id=ids(),
            guardian=mark if declared.guardian else None,
        )
        for purpose in dict.fromkeys(purposes)
    )
    return Enrolment(member=member, pin=pin, card=card, consents_edge=consents, consents_hub=for_hub(consents, member))


def checked_nickname(text: str) -> str:
    """NFKC, trimmed; raises InputRefused."""
    name = " ".join(unicodedata.normalize("NFKC", text).split())
    if not 1 <= len(name) <= MAX_NICKNAME or not name.isprintable():
        raise InputRefused(f"nickname: 1 to {MAX_NICKNAME} printable characters")
    return name


def _check_consents(scenario: Scenario, purposes: Sequence[Purpose], locale: str, *, photos: int) -> None:
    for purpose in purposes:
        if purpose not in scenario.notices:
            raise InputRefused(f"consents: {scenario.name} does not ask for {purpose.value}")
    missing = [n.purpose.value for n in scenario.notices.values() if n.required and n.purpose not in purposes]
    if missing:
        raise ConsentMissing(", ".join(missing))
    if photos and Purpose.RECOGNISE not in purposes:
        raise ConsentMissing(Purpose.RECOGNISE.value)
    shown = [scenario.notices[purpose] for purpose in purposes]
    if any(locale not in notice.title or locale not in notice.text for notice in shown):
        raise InputRefused("locale: the notices are not written in this language")  # nobody can have read them


def _check_one_person(embeddings: Sequence[Embedding], same_person: float) -> None:
    if len(embeddings) > MAX_PHOTOS:
        raise InputRefused(f"at most {MAX_PHOTOS} photos")
    if len({embedding.model for embedding in embeddings}) > 1:
        raise GalleryMismatch("the photos of one enrolment")
    if len(embeddings) > 1:
        vectors = np.stack([embedding.vector for embedding in embeddings])
        if float((vectors @ vectors.T).min()) < same_person:
            raise InputRefused("photos: they do not all show the same person; take them again alone")


def with_templates(
    member: Member, embeddings: Sequence[Embedding], *, keys: KeyProvider, now: datetime, ids: Ids
) -> Member:
    """The member with these templates more, sealed under their key."""
    sealed = tuple(
        SealedTemplate(
            id=ids(),
            model=embedding.model,
            sealed=seal_embedding(keys, member.wrapped_key, embedding, member_id=member.id),
            created_at=now,
        )
        for embedding in embeddings
    )
    return replace(member, templates=(*member.templates, *sealed))


def for_hub(entries: Sequence[E], member: Member) -> tuple[E, ...]:
    """Receipts as the hub keeps them: by token, and without those about faces."""
    return tuple(replace(e, subject=member.token) for e in entries if e.purpose is not Purpose.RECOGNISE)


# ------ what the edge reads back


def nickname(member: Member, keys: KeyProvider) -> str:
    """The name for the greeting; raises SealBroken with another site's key."""
    return open_text(keys, member.wrapped_key, member.nickname, member_id=member.id, purpose=NICKNAME)


def open_templates(member: Member, keys: KeyProvider, model: str) -> list[tuple[str, Embedding]]:
    """Id and embedding, as it was stored, of each template that this embedder made, whatever rotation it is in.

    Those of another embedder wait for re-enrolment.
    """
    return [
        (t.id, open_embedding(keys, member.wrapped_key, t.sealed, member_id=member.id, model=t.model))
        for t in member.templates
        if base_model(t.model) == base_model(model)
    ]


def without_templates(member: Member, keys: KeyProvider) -> Member:
    """The member with card and PIN only, under a fresh key: that of the templates may be destroyed.

    A nickname that does not open any more, or not without the member's card, is replaced by a dash.
    """
    wrapped = new_wrapped_key(keys, member.id)
    try:
        name = nickname(member, keys)
    except (KeyDestroyed, KeyHeld):
        name = NO_NAME
    sealed = seal_text(keys, wrapped, name, member_id=member.id, purpose=NICKNAME)
    return replace(member, wrapped_key=wrapped, nickname=sealed, templates=())


def withdrawals(
    history: Sequence[Entry], purposes: Sequence[Purpose], *, method: str, now: datetime, ids: Ids
) -> tuple[Withdrawal, ...]:
    """The ends of all consents for these purposes that nobody took back; who declines to renew is not asked again."""
    return tuple(withdraw(c, method=method, now=now, ids=ids) for c in not_withdrawn(history) if c.purpose in purposes)
