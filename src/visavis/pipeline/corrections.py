"""Corrections: a template that greeted the wrong person counts less at once, and after three times is gone."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from visavis.pipeline.edge import Edge
from visavis.ports import CorrectionLog
from visavis.types import Correction, Member, MemberId

RETIRED_AT = 3  # corrections of one template
TRUST = 0.1  # of the promised error rate that a member with a corrected template may use up, for each correction


def weight_of(corrections: int) -> float:
    """What a template counts in its member's fused template: 1, then half as much with each correction."""
    return 0.5**corrections


def trust_of(corrections: int) -> float:
    """Share of the error rate that may be used up before the member is greeted: a tenth with each correction."""
    return TRUST**corrections


@dataclass(slots=True, kw_only=True)
class Corrections:
    """What was said of wrong greetings, as this process's gallery applies it."""

    edge: Edge
    log: CorrectionLog

    async def load(self) -> None:
        """Bring weights in line with the log: at start, and when another process was told."""
        counts = await self.log.counts()
        for gone in self.edge.shares.keys() - self.edge.members.keys():
            del self.edge.shares[gone]
        for member in list(self.edge.members.values()):
            self._apply(member, counts)

    async def not_me(self, member_id: MemberId, template_id: str, *, by: str) -> int:
        """Somebody who is not this member was greeted as them; how often this template did so.

        Args:
            member_id: Who was greeted.
            template_id: Their template that matched; it counts less from the next frame on.
            by: Who says so: kiosk or operator.

        Raises:
            MemberUnknown: They have gone meanwhile.
        """
        member = self.edge.member(member_id)
        now = self.edge.clock.now()
        entry = Correction(id=self.edge.ids(), member_id=member_id, template_id=template_id, at=now)
        await self.log.append(entry)
        counts = await self.log.counts()
        count = counts.get(template_id, 0)
        await self.edge.note("not_me", member, {"by": by, "template": template_id, "count": str(count)})
        if count >= RETIRED_AT:
            await self.remove(member, template_id, action="template_retired")
        else:
            self._apply(member, counts)
        return count

    async def remove(self, member: Member, template_id: str, *, action: str) -> None:
        """Destroy one template; the member keeps the others, card and PIN."""
        kept = tuple(template for template in member.templates if template.id != template_id)
        await self.edge.keep(replace(member, templates=kept), action, {"template": template_id})
        self._apply(self.edge.member(member.id), await self.log.counts())

    def _apply(self, member: Member, counts: Mapping[str, int]) -> None:
        known = {template.id: counts.get(template.id, 0) for template in member.templates}
        self.edge.trust(
            member.id,
            weights={template_id: weight_of(count) for template_id, count in known.items()},
            share=trust_of(max(known.values(), default=0)),
        )
