"""What a member may change: consents that are given again, nickname, language. Taking back is `Edge.withdraw`."""

from collections.abc import Sequence
from dataclasses import replace

from visavis.errors import ConsentMissing, InputRefused
from visavis.identity.enrol import NICKNAME, checked_nickname, for_hub
from visavis.pipeline.edge import Edge
from visavis.privacy.consent import grant
from visavis.privacy.vault import seal_text
from visavis.types import Consent, Member, MemberId, Purpose

EVIDENCE = "pressed accept"


async def allow(
    edge: Edge, member_id: MemberId, purposes: Sequence[Purpose], *, locale: str, method: str
) -> tuple[Consent, ...]:
    """Consents of a member who says yes again, or to more, on the notices as they are now.

    Raises:
        InputRefused: The scenario does not ask for this purpose, or has no notice in this language.
        ConsentMissing: A guardian consented for this member, so the guardian is asked, at the desk.
        MemberUnknown: They were forgotten.
    """
    member = await edge.fresh(member_id)
    history = await edge.consents(member_id)
    if any(isinstance(entry, Consent) and entry.guardian for entry in history):
        raise ConsentMissing("a guardian consented for this member: ask at the desk")
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
                evidence=EVIDENCE,
                now=edge.clock.now(),
                consent_days=edge.scenario.consent_days,
                consent_id=edge.ids(),
            )
        )
    while not await edge.roster.save(member, given, before=member):
        member = await edge.fresh(member_id)  # another process was first
    await edge.link.consented(for_hub([*history, *given], member))
    await edge.load()  # a face that was out of the gallery, for want of consent, is compared again
    for consent in given:
        await edge.note("allowed", member, {"purpose": consent.purpose.value, "method": method})
    return tuple(given)


async def correct(edge: Edge, member_id: MemberId, *, nickname: str | None = None, locale: str | None = None) -> Member:
    """The member with another nickname or language.

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
        sealed = seal_text(edge.keys, member.wrapped_key, name, member_id=member_id, purpose=NICKNAME)
        member = replace(member, nickname=sealed)
    changed = [name for name, value in (("nickname", nickname), ("locale", locale)) if value is not None]
    if changed:
        await edge.keep(member, "corrected", {"fields": ", ".join(changed)})
    return member
