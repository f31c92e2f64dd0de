"""What a site's own templates say of its error rates: compared with each other in memory, and nothing is kept."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import starmap

from visavis.errors import KeyDestroyed, KeyHeld
from visavis.identity.accuracy import Rate, comparison_errors
from visavis.identity.drift import CalibrationCheck, check_calibration
from visavis.identity.enrol import open_templates
from visavis.identity.fuse import fused
from visavis.identity.gallery import Gallery
from visavis.identity.rotation import Rotations
from visavis.identity.threshold import Threshold, for_gallery
from visavis.perception.packs import Manifest
from visavis.ports import KeyProvider
from visavis.types import Embedding, Member, MemberId


@dataclass(frozen=True, slots=True, kw_only=True)
class Templates:
    """What the members' own templates say, at the score that the site asks for now."""

    members: int
    threshold: float
    fmr: Rate  # of comparisons between two members
    fnmr: Rate  # of comparisons within one
    search: CalibrationCheck  # each member among all others


def among_templates(
    members: Sequence[Member], keys: KeyProvider, manifest: Manifest, false_match_rate: float
) -> Templates | None:
    """FMR, FNMR and FPIR among these members; None where fewer than two can be opened."""
    rotations = Rotations(keys, manifest.model_id, manifest.dim)
    opened = [(member.id, _opened(member, keys, rotations, manifest)) for member in members]
    usable = [(member_id, own) for member_id, own in opened if own]
    if len(usable) < 2:
        return None
    gallery = Gallery(model=rotations.model, dim=manifest.dim)
    shots = {member_id: len(own) for member_id, own in usable}
    for member_id, own in usable:
        gallery.add(member_id, "fused", fused(own))

    def threshold_of(member_id: MemberId, probes: int) -> Threshold:
        rows = manifest.calibration
        return for_gallery(rows, false_match_rate, len(gallery), templates=shots[member_id], shots=probes)

    single = for_gallery(manifest.calibration, false_match_rate, len(gallery))
    probes = list(starmap(_probe, usable))
    fmr, fnmr = comparison_errors([own for _, own in usable], single.score)
    return Templates(
        members=len(usable),
        threshold=single.score,
        fmr=fmr,
        fnmr=fnmr,
        search=check_calibration(probes, gallery, threshold_of, false_match_rate),
    )


def _probe(member_id: MemberId, own: Sequence[Embedding]) -> tuple[MemberId, Embedding, int]:
    return member_id, fused(own), len(own)


def _opened(member: Member, keys: KeyProvider, rotations: Rotations, manifest: Manifest) -> tuple[Embedding, ...]:
    try:
        found = open_templates(member, keys, manifest.model_id)
    except (KeyDestroyed, KeyHeld):
        return ()  # forgotten, or only the member's card opens it
    return rotations.turned([embedding for _, embedding in found])
