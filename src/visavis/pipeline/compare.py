"""Two pictures: one person? Both embeddings live for the length of the call."""

from dataclasses import dataclass

from visavis.errors import InputRefused
from visavis.identity.threshold import Threshold, for_rate
from visavis.perception.observe import enrolment_face
from visavis.pipeline.edge import Edge
from visavis.types import Embedding, Frame


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What a comparison of two faces says."""

    same_person: bool
    score: float  # cosine
    threshold: Threshold  # of one comparison (FMR)


def compare(edge: Edge, frames: tuple[Frame, Frame], false_match_rate: float) -> Comparison:
    """Compare the one clear face of each picture.

    Args:
        edge: Finds and embeds.
        frames: Each shows one person; people far behind do not matter.
        false_match_rate: How often two different people may be called one.

    Raises:
        NoFaceFound, SeveralFacesFound, QualityTooLow: The detail names the picture and the reason.
        SettingInvalid: The pack was not calibrated.
    """
    threshold = for_rate(edge.calibration, false_match_rate)
    shots = [_embedded(edge, name, frame) for name, frame in zip(("first", "second"), frames, strict=True)]
    first, second = edge.rotations.turned(shots)
    score = float(first.vector @ second.vector)
    return Comparison(same_person=score >= threshold.score, score=score, threshold=threshold)


def _embedded(edge: Edge, name: str, frame: Frame) -> Embedding:
    try:
        face = enrolment_face(edge.observer.observe(frame))
    except InputRefused as refused:
        raise type(refused)(f"{name}: {refused.detail}" if refused.detail else name) from None
    return edge.embed(frame, (face,))[0]
