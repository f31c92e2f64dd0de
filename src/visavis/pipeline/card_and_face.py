"""One card, one face (1:1): what a card opens is compared with whoever shows it, and nobody is searched for."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from visavis.errors import ConsentMissing, CredentialRefused
from visavis.identity.fuse import fused
from visavis.identity.identify import Recognition
from visavis.identity.renew import renewed
from visavis.identity.rotation import base_model, version_of
from visavis.identity.threshold import for_gallery
from visavis.pipeline.camera import LOOKS, OTHER_MOMENT
from visavis.pipeline.edge import Edge, Welcome
from visavis.privacy.holder import keys_with
from visavis.privacy.pseudonym import credential_digest
from visavis.types import Embedding, Face, Frame, Member, MemberId, Purpose

PATIENCE = timedelta(seconds=6)  # then the card alone does: nobody is denied anything for a face


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A card that was shown, and what it opens; gone with the look at the person."""

    member: Member
    holder: bytes = field(repr=False)
    templates: tuple[Embedding, ...] = field(repr=False)  # none: there is nothing to compare with, the card does


async def claimed(edge: Edge, card: str) -> Claim:
    """What a card opens; raises CredentialRefused."""
    member = await edge.roster.find(credential_digest(edge.keys, card))
    if member is None:
        raise CredentialRefused
    holder = edge.holder(member, card)
    templates: tuple[Embedding, ...] = ()
    if not edge.faces_off:
        with suppress(ConsentMissing):
            await edge.permitted(member, Purpose.RECOGNISE)
            templates = tuple(embedding for _, embedding in edge.opened(member, holder))
    return Claim(member=member, holder=holder, templates=templates)


def verified(edge: Edge, claim: Claim, shots: Sequence[Embedding], *, share: float = 1.0) -> Recognition | None:
    """Whether these shots show the member whose card it is, at the error rate of one comparison.

    Args:
        edge: has calibration and error rate.
        claim: with templates.
        shots: at least one.
        share: of the error rate, that this look may use up.
    """
    threshold = for_gallery(
        edge.calibration,
        edge.false_match_rate * share,
        1,
        templates=len(claim.templates),
        shots=len(shots),
    )
    version = edge.rotations.version
    theirs, mine = (fused(edge.rotations.turned(each, version)).vector for each in (shots, claim.templates))
    score = float(theirs @ mine)
    hit = Recognition(member_id=claim.member.id, score=score, threshold=threshold)
    return hit if hit.margin >= 0 else None


@dataclass(slots=True, kw_only=True)
class Verifier:
    """Looks at the person who showed a card, at most three times and for some seconds."""

    edge: Edge
    claim: Claim
    placement: str
    began: datetime
    most: int = 3  # looks
    shots: list[Embedding] = field(default_factory=list, repr=False)
    _last: datetime | None = None

    def over(self, at: datetime) -> bool:
        """Whether the card alone has to do now."""
        return not self.claim.templates or len(self.shots) == self.most or at - self.began >= PATIENCE

    async def see(self, frame: Frame, faces: Sequence[Face]) -> Welcome | None:
        """The member, once their face is seen; None while it is not."""
        at = frame.captured_at
        soon = self._last is not None and at - self._last < OTHER_MOMENT
        if self.over(at) or soon or len(faces) != 1 or not faces[0].quality.usable:
            return None
        self._last = at
        self.shots += await asyncio.to_thread(self.edge.embed, frame, faces)
        share = LOOKS[self.most][len(self.shots) - 1]
        hit = await asyncio.to_thread(verified, self.edge, self.claim, self.shots, share=share)
        if hit is None:
            return None
        return await self.edge.recognised(
            hit, self.shots, placement=self.placement, people_in_view=1, at=at, holder=self.claim.holder
        )


async def handed_over(edge: Edge, member_id: MemberId, holder: bytes) -> None:
    """Give a member's key into the hand of their card, and bring what a renewal could not open up to date.

    Members of before the site's level was L2, and those with templates in an older rotation; others stay as they are.
    """
    member = edge.member(member_id)
    versions = {version_of(t.model) for t in member.templates if base_model(t.model) == edge.observer.model}
    if edge.is_held(member) and versions <= {edge.rotations.version}:
        return
    ((_, after),) = renewed([member], keys_with(edge.keys, holder), edge.rotations)
    written = await edge.roster.replace([(member, after)])
    edge.keys.destroy([member.wrapped_key if written else after.wrapped_key])
    await edge.load()
    if written:
        await edge.note("handed_over", member, {"templates": str(len(member.templates))})
