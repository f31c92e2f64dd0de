"""Open-set identification (1:N) and verification (1:1): a member, or nobody."""

from dataclasses import dataclass

from visavis.identity.gallery import Gallery
from visavis.identity.threshold import Threshold
from visavis.types import Embedding, MemberId


@dataclass(frozen=True, slots=True, kw_only=True)
class Recognition:
    """A probe that reached the threshold."""

    member_id: MemberId
    score: float
    threshold: Threshold


def identify(
    embeddings: tuple[Embedding, ...], gallery: Gallery, threshold: Threshold
) -> tuple[Recognition | None, ...]:
    """The member of each probe, None for a stranger; the nearest template decides."""
    return tuple(
        Recognition(member_id=match.member_id, score=match.score, threshold=threshold)
        if match is not None and match.score >= threshold.score
        else None
        for match in gallery.search(embeddings)
    )


def verify_member(
    embedding: Embedding, gallery: Gallery, member_id: MemberId, threshold: Threshold
) -> Recognition | None:
    """Whether the probe is the member that the card or PIN names; one comparison, so FPIR is the plain FMR.

    None for another person and for a member without templates; raises GalleryMismatch for another model's probe.
    """
    match = gallery.compare(embedding, member_id)
    if match is None or match.score < threshold.score:
        return None
    return Recognition(member_id=member_id, score=match.score, threshold=threshold)
