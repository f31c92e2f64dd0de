"""The console's privacy page, read from the site."""

import json
from collections.abc import Sequence

from visavis.errors import MemberUnknown
from visavis.pipeline.rights import Why
from visavis.privacy.consent import standing
from visavis.privacy.register import Place
from visavis.server import readings
from visavis.server.console.privacy import AtTheDesk, Form, Request, Standing
from visavis.server.export_page import as_html
from visavis.server.site import Site
from visavis.server.terms import places_of
from visavis.types import Member, Purpose

SHOWN, LOOKED_AT = 20, 1000  # newest entries of the audit log
ACTIONS = ("exported", "withdrawn", "forgotten", "corrected", "allowed")
WHAT = "console privacy"


class SitePrivacy:
    """Implements `console.privacy.PrivacySource`."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self.places: Sequence[Place] = places_of(site.settings)

    async def requests(self, *, actor: str) -> Sequence[Request]:
        """The last ones, newest first."""
        audit = self._site.storage.audit
        number, _ = await audit.last()
        entries = await audit.after(max(0, number - LOOKED_AT), LOOKED_AT)
        found = [entry for entry in reversed(entries) if entry.action in ACTIONS][:SHOWN]
        subjects = {entry.subject for entry in found}
        await self._site.readings.note(actor=actor, why=readings.Why.AUDIT, subjects=subjects, what=WHAT)
        return [Request(at=e.at, actor=e.actor, action=e.action, pseudonym=e.subject) for e in found]

    async def find(self, text: str, *, actor: str) -> AtTheDesk:
        """By pseudonym, card or PIN."""
        member = await self._member(text)
        await self._site.readings.note(actor=actor, why=readings.Why.REQUEST, subjects=[member.token], what=WHAT)
        scenario, edge = self._site.scenario, self._site.edge
        history = await edge.consents(member.id)
        lines = standing(history, scenario=scenario, site=edge.site, at=self._site.clock.now())
        return AtTheDesk(
            pseudonym=member.token,
            since=member.enrolled_at,
            locale=member.locale,
            templates=len(member.templates),
            consents=[
                Standing(
                    purpose=line.consent.purpose,
                    title=scenario.notices[line.consent.purpose].title,
                    state=line.state,
                    until=line.consent.expires_at,
                )
                for line in lines
                if line.consent.purpose in scenario.notices
            ],
        )

    async def export(self, pseudonym: str, form: Form, *, actor: str) -> bytes:
        """Everything that is held about them."""
        rights = self._site.rights
        document = await rights.export(await rights.find(token=pseudonym), actor=actor, why=Why.MEMBER)
        text = as_html(document) if form == "html" else json.dumps(document, ensure_ascii=False, indent=1)
        return text.encode()

    async def withdraw(self, pseudonym: str, purpose: Purpose, *, actor: str) -> None:
        """End one consent."""
        rights = self._site.rights
        member = await rights.find(token=pseudonym)
        await rights.note(actor, "withdrawal_entered", member, {"purpose": purpose.value})
        await self._site.withdraw(member.id, purpose, method="desk")

    async def forget(self, pseudonym: str, *, actor: str) -> str:
        """Erase them; the signed receipt."""
        rights = self._site.rights
        member = await rights.find(token=pseudonym)
        await rights.note(actor, "erasure_entered", member, {})
        return (await self._site.forget(member.id, method="desk")).signature

    async def _member(self, text: str) -> Member:
        try:
            return await self._site.rights.find(token=text)
        except MemberUnknown:
            return await self._site.rights.find(card=text)
