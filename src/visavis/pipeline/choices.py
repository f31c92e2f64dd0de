"""What a member may change: consents that are given again, nickname, language. Taking back is `Edge.withdraw`."""

from collections.abc import Sequence
from dataclasses import replace

from visavis.errors import GuardianMissing, InputRefused, ReleaseMissing
from visavis.identity.enrol import NICKNAME, checked_nickname, for_hub
from visavis.pipeline.edge import Edge
from visavis.privacy.consent import grant
from visavis.privacy.declared import Declared, signed
from visavis.privacy.holder import keys_with
from visavis.privacy.vault import seal_text
from visavis.types import Consent, Member, MemberId, Purpose, Withdrawal

EVIDENCE = "pressed accept"


async def allow(
    edge: Edge, member_id: MemberId, purposes: Sequence[Purpose], *, locale: str, method: str, signature: str = ""
) -> tuple[Consent, ...]:
    """Consents of a member who says yes again, or to more, on the notices as they are now.

    Args:
        edge: of the member.
        member_id: who it is.
        purposes: what they allow.
        locale: language in which they read the notices.
        method: how they say yes.
        signature: of the guardian, in the same words as before; or of the member, where the law asks for a release.

    Raises:
        InputRefused: The scenario does not ask for this purpose, or has no notice in this language.
        GuardianMissing: A guardian consented for this member, so that guardian signs again.
        ReleaseMissing: The law asks for a signature before faces are used.
        MemberUnknown: They were forgotten.
    """
    member = await edge.fresh(member_id)
    history = await edge.consents(member_id)
    mark = _signed(edge, member_id, history, purposes, signature)
    guardian = mark if _guardians(history) else None
    notices = [edge.scenario.notices.get(purpose) for purpose in dict.fromkeys(purposes)]
    given = []
    for notice in notices:
        if notice is None or locale not in notice.text or locale not in notice.title:
            raise InputRefused("consents: there is no such notice in this language")
        given.append(
            grant(
                notice,
                subject=member_id,
                site=edge.site,
                scenario=edge.scenario.name,
                locale=locale,
                method=method,
                evidence=mark if mark and notice.purpose is Purpose.RECOGNISE else EVIDENCE,
                now=edge.clock.now(),
                consent_days=edge.scenario.consent_days,
                consent_id=edge.ids(),
                guardian=guardian,
            )
        )
    while not await edge.roster.save(member, given, before=member):
        member = await edge.fresh(member_id)  # another process was first
    await edge.link.consented(for_hub([*history, *given], member))
    await edge.load()  # a face that was out of the gallery, for want of consent, is compared again
    for consent in given:
        await edge.note("allowed", member, {"purpose": consent.purpose.value, "method": method})
    return tuple(given)


def _guardians(history: Sequence[Consent | Withdrawal]) -> set[str]:
    return {entry.guardian for entry in history if isinstance(entry, Consent) and entry.guardian}


def _signed(
    edge: Edge,
    member_id: MemberId,
    history: Sequence[Consent | Withdrawal],
    purposes: Sequence[Purpose],
    signature: str,
) -> str:
    """What is kept of the signature, which has to be the guardian's where there is one; empty without."""
    name = Declared(of_age=True, signature=signature).signature
    mark = signed(edge.keys, member_id, name) if name else ""
    guardians = _guardians(history)
    if guardians and mark not in guardians:
        raise GuardianMissing("the guardian who consented for this member signs again")
    if Purpose.RECOGNISE in purposes and edge.law is not None and edge.law.written_release and not mark:
        raise ReleaseMissing
    return mark


async def correct(
    edge: Edge, member_id: MemberId, *, nickname: str | None = None, locale: str | None = None, holder: bytes = b""
) -> Member:
    """The member with another nickname or language; at level L2 their card seals the nickname.

    Raises:
        InputRefused: The nickname cannot be used, or no notice is written in the language.
        KeyHeld: The member's card is needed to seal the nickname.
        MemberUnknown: They were forgotten.
    """
    member = edge.member(member_id)
    if locale is not None:
        if any(locale not in notice.text for notice in edge.scenario.notices.values()):
            raise InputRefused("locale: the notices are not written in this language")
        member = replace(member, locale=locale)
    if nickname is not None:
        name = checked_nickname(nickname)
        keys = keys_with(edge.keys, holder)
        sealed = seal_text(keys, member.wrapped_key, name, member_id=member_id, purpose=NICKNAME)
        member = replace(member, nickname=sealed)
    changed = [name for name, value in (("nickname", nickname), ("locale", locale)) if value is not None]
    if changed:
        await edge.keep(member, "corrected", {"fields": ", ".join(changed)})
    return member
