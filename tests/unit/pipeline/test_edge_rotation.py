"""An edge among templates of several rotations: it serves all of them, and follows the newest."""

from dataclasses import dataclass
from io import BytesIO
from types import SimpleNamespace
from typing import cast

import numpy as np
import pytest
from PIL import Image

from visavis.errors import GalleryMismatch
from visavis.identity.enrol import with_templates
from visavis.identity.rotation import Rotations
from visavis.identity.threshold import Threshold
from visavis.perception.observe import Observer
from visavis.pipeline.edge import Edge
from visavis.pipeline.enrolment import ReviewMode, judge
from visavis.pipeline.rekey import rekey
from visavis.privacy.vault import new_wrapped_key, seal_text
from visavis.testing import (
    FixedClock,
    MemoryKeys,
    RecordingHub,
    a_member,
    a_scenario,
    an_embedding,
    counted_ids,
    memory_storage,
)
from visavis.testing.storage import MemoryStorage
from visavis.types import Embedding, Face, Frame, Member, MemberId, Token

MODEL, DIM = an_embedding().model, 128
ROWS = tuple(
    Threshold(score=score, false_match_rate=rate, impostor_pairs=10**6, evidence="by hand")
    for rate, score in ((0.1, 0.5), (0.01, 0.6), (0.001, 0.7))
)


def a_sealed_member(number: int, keys: MemoryKeys, version: int) -> Member:
    """With one template along this axis, in this rotation; 0 is as the embedder gave it."""
    member_id = MemberId(f"member-{number}")
    wrapped = new_wrapped_key(keys, member_id)
    name = seal_text(keys, wrapped, f"Grace {number}", member_id=member_id, purpose="nickname")
    member = a_member(
        id=member_id,
        token=Token(f"token-{number}"),
        credentials=(),
        templates=(),
        wrapped_key=wrapped,
        nickname=name,
    )
    rotations, given = Rotations(keys, MODEL, DIM), [an_embedding(number)]
    rotations.version = version or 1
    shots = rotations.turned(given) if version else given
    return with_templates(member, shots, keys=keys, now=member.enrolled_at, ids=counted_ids(f"template-{number}"))


@dataclass
class Lens:
    """An embedder that sees the axis it is pointed at."""

    axis: int = 0
    model: str = MODEL
    dim: int = DIM

    def observe(self, frame: Frame) -> tuple[SimpleNamespace, ...]:
        return (SimpleNamespace(quality=None),)

    def embed(self, frame: Frame, faces: list[Face]) -> tuple[Embedding, ...]:
        return (an_embedding(self.axis),)


@dataclass
class Site:
    edge: Edge
    storage: MemoryStorage
    keys: MemoryKeys
    lens: Lens

    def shot(self, axis: int) -> Embedding:
        self.lens.axis = axis
        (embedding,) = self.edge.embed(cast("Frame", None), ())
        return embedding

    async def rekey(self) -> int:
        clock, audit = FixedClock(), self.storage.audit
        told = await rekey(self.storage.roster, self.keys, audit, clock, model=MODEL, dim=DIM, progress=lambda *_: None)
        return told.rotation

    def known(self, axis: int) -> str | None:
        found = self.edge.identify([self.shot(axis)])
        return found.member_id if found else None


@pytest.fixture
def site() -> Site:
    storage, keys, lens = memory_storage(), MemoryKeys(), Lens()
    edge = Edge(
        site="site-1",
        scenario=a_scenario(),
        observer=cast("Observer", lens),
        calibration=ROWS,
        false_match_rate=0.1,
        keys=keys,
        roster=storage.roster,
        ledger=storage.edge_ledger,
        erasures=storage.erasures,
        link=RecordingHub(),
        audit=storage.audit,
        clock=FixedClock(),
        ids=counted_ids(),
    )
    return Site(edge=edge, storage=storage, keys=keys, lens=lens)


@pytest.mark.parametrize("versions", [(0, 0, 0), (0, 1, 1), (1, 1, 1), (1, 2, 2), (0, 1, 2)])
async def test_templates_of_every_rotation_are_served(site: Site, versions: tuple[int, ...]) -> None:
    """A database of before the rotations, and one whose renewal was stopped half-way, lose nobody."""
    for number, version in enumerate(versions):
        await site.storage.roster.save(a_sealed_member(number, site.keys, version))
    assert await site.edge.load() == 3
    assert site.edge.gallery.model == f"{MODEL}/r{max(1, *versions)}"
    assert [site.known(axis) for axis in range(4)] == ["member-0", "member-1", "member-2", None]


async def test_a_running_edge_follows_a_renewal(site: Site) -> None:
    for number in range(3):
        await site.storage.roster.save(a_sealed_member(number, site.keys, 1))
    await site.edge.load()
    assert await site.rekey() == 2
    await site.edge.load()
    assert site.edge.gallery.model == f"{MODEL}/r2"
    assert [site.known(axis) for axis in range(4)] == ["member-0", "member-1", "member-2", None]


async def test_a_person_who_is_looked_at_meanwhile_is_still_known(site: Site) -> None:
    """Their first shot is in the rotation of before, the second in the one of now; the nearest template is theirs."""
    for number in range(2):
        await site.storage.roster.save(a_sealed_member(number, site.keys, 1))
    await site.edge.load()
    before = site.shot(1)
    await site.rekey()
    await site.edge.load()
    for shots in ([before], [before, site.shot(1)]):
        found = site.edge.identify(shots)
        assert found is not None
        assert found.member_id == "member-1"
        assert found.score == pytest.approx(1, abs=1e-5)
        member = site.edge.member(MemberId("member-1"))
        assert site.edge.nearest_template(member, shots) == member.templates[0].id


async def test_photos_are_judged_by_templates_of_before(site: Site) -> None:
    """A member's templates were read, then the rotation was renewed: their photo still is of the same person."""
    for number in range(2):
        await site.storage.roster.save(a_sealed_member(number, site.keys, 1))
    await site.edge.load()
    member_id = MemberId("member-1")
    own = site.edge.templates(member_id)
    await site.rekey()
    await site.edge.load()
    picture = BytesIO()
    Image.new("RGB", (64, 64)).save(picture, "PNG")
    for axis, taken in ((1, True), (0, False)):
        site.lens.axis = axis
        judged = judge(site.edge, [picture.getvalue()], review=ReviewMode.OFF, member_id=member_id, own=own)
        assert [shot.accepted for shot in judged.shots] == [taken]


async def test_a_probe_that_was_not_turned_is_refused(site: Site) -> None:
    """The gallery's model names the rotation: a raw embedding cannot be compared by mistake."""
    await site.storage.roster.save(a_sealed_member(0, site.keys, 1))
    await site.edge.load()
    with pytest.raises(GalleryMismatch):
        site.edge.gallery.search((an_embedding(0),))


async def test_what_rests_is_not_what_the_embedder_gave(site: Site) -> None:
    """Whoever opens a template with its member's key finds a direction that says nothing without the site key."""
    await site.storage.roster.save(a_sealed_member(0, site.keys, 1))
    await site.edge.load()
    shot = site.shot(0)
    assert shot.model == f"{MODEL}/r1"
    assert abs(float(shot.vector @ an_embedding(0).vector)) < 0.5
    assert np.linalg.norm(shot.vector) == pytest.approx(1, abs=1e-6)
