"""Open-set identification (1:N) and verification (1:1): a member, or nobody."""

from collections.abc import Callable
from dataclasses import dataclass

from visavis.identity.gallery import Gallery, Match
from visavis.identity.threshold import Threshold
from visavis.types import Embedding, MemberId

NEAREST = 5  # members whose own thresholds are asked: more templates, higher threshold

ThresholdOf = Callable[[MemberId], Threshold]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recognition:
    """A probe that reached the threshold."""

    member_id: MemberId
    score: float
    threshold: Threshold

    @property
    def margin(self) -> float:
        """By how much, as a cosine."""
        return self.score - self.threshold.score


def identify(
    embeddings: tuple[Embedding, ...], gallery: Gallery, threshold_of: ThresholdOf
) -> tuple[Recognition | None, ...]:
    """The member of each probe, None for a stranger: whoever is farthest above their own threshold.

    Args:
        embeddings: One shot or the fusion of several of each person in view.
        gallery: One fused template a member.
        threshold_of: What a member's comparison score must reach; it rises with the number of shots on either side.
    """
    return tuple(
        _best([_recognition(match, threshold_of) for match in matches])
        for matches in gallery.nearest(embeddings, NEAREST)
    )


def verify_member(
    embedding: Embedding, gallery: Gallery, member_id: MemberId, threshold: Threshold
) -> Recognition | None:
    """Whether the probe is the member that the card or PIN names; one comparison, so FPIR is the plain FMR.

    None for another person and for a member without templates; raises GalleryMismatch for another model's probe.
    """
    match = gallery.compare(embedding, member_id)
    return None if match is None else _best([_recognition(match, lambda _: threshold)])


def _recognition(match: Match, threshold_of: ThresholdOf) -> Recognition:
    return Recognition(member_id=match.member_id, score=match.score, threshold=threshold_of(match.member_id))


def _best(recognitions: list[Recognition]) -> Recognition | None:
    best = max(recognitions, key=lambda recognition: recognition.margin, default=None)
    return best if best is not None and best.margin >= 0 else None
