"""What a site counts of its looks: once each, and by the light that there was."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from visavis.errors import StorageError
from visavis.pipeline.camera import Seen
from visavis.pipeline.edge import Welcome
from visavis.server.accuracy import Accuracy
from visavis.testing import FixedClock, MemoryAccuracy, a_member, a_sighting
from visavis.types import Face, Light, Look, MemberId, Method, Quality


def a_face(brightness: float) -> Face:
    quality = Quality(eye_distance_px=80, sharpness=9, brightness=brightness, yaw_deg=0)
    box, landmarks = np.zeros(4, np.float32), np.zeros((5, 2), np.float32)
    return Face(box=box, landmarks=landmarks, confidence=1.0, quality=quality)


def seen(*, known: tuple[Face, ...] = (), unknown: tuple[Face, ...] = (), **more: Any) -> Seen:
    scores = tuple(0.81 for _ in known)
    return Seen(faces=(), arrived=0, known=known, unknown=unknown, scores=scores, welcomes=more.get("welcomes", ()))


def welcome(method: Method, placement: str = "door", member: str = "member-1") -> Welcome:
    sighting = a_sighting(method=method, placement=placement)
    return Welcome(member_id=MemberId(member), nickname="", sighting=sighting, decision=None)


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


@pytest.fixture
def accuracy(clock: FixedClock) -> Accuracy:
    edge: Any = SimpleNamespace(
        members={
            MemberId("member-1"): a_member(),
            MemberId("by-card"): a_member(id=MemberId("by-card"), templates=()),
        }
    )
    return Accuracy(log=MemoryAccuracy(), edge=edge, clock=clock)


async def counts(accuracy: Accuracy) -> dict[tuple[str, Light, Look, int], int]:
    await accuracy.flush()
    return {(one.placement, one.light, one.look, one.score): one.count for one in await accuracy.log.all()}


async def test_r16_looks_are_counted_with_light_and_score(accuracy: Accuracy) -> None:
    """0.81 is in the 16th twentieth; what was flushed is not counted again."""
    accuracy.saw("door", seen(known=(a_face(130),), unknown=(a_face(20), a_face(200))))
    wanted = {
        ("door", Light.NORMAL, Look.RECOGNISED, 16): 1,
        ("door", Light.DARK, Look.UNKNOWN, -1): 1,
        ("door", Light.BRIGHT, Look.UNKNOWN, -1): 1,
    }
    assert await counts(accuracy) == wanted
    assert await counts(accuracy) == wanted


async def test_a_card_after_nobody_is_a_member_who_was_missed(accuracy: Accuracy, clock: FixedClock) -> None:
    """Once for each nobody, at that placement, within 45 seconds, of a member with templates, and not by face."""
    accuracy.saw("door", seen(unknown=(a_face(80),)))
    for other in (
        welcome(Method.FACE),
        welcome(Method.PIN, placement="desk"),
        welcome(Method.PIN, member="by-card"),
        welcome(Method.PIN, member="gone"),
    ):
        accuracy.known_otherwise(other)
    clock.advance(44)
    accuracy.known_otherwise(welcome(Method.CARD))
    accuracy.known_otherwise(welcome(Method.CARD))
    accuracy.saw("door", seen(unknown=(a_face(80),)))
    clock.advance(46)
    accuracy.known_otherwise(welcome(Method.PIN))
    assert await counts(accuracy) == {
        ("door", Light.DIM, Look.UNKNOWN, -1): 2,
        ("door", Light.DIM, Look.MISSED, -1): 1,
    }


async def test_a_complaint_counts_by_the_light_of_the_greeting(accuracy: Accuracy, clock: FixedClock) -> None:
    """After ten minutes, or of somebody who was not greeted there, the light is unknown."""
    accuracy.saw("door", seen(known=(a_face(20),), welcomes=(welcome(Method.FACE),)))
    accuracy.not_me(MemberId("member-1"), "door")
    accuracy.not_me(MemberId("member-1"), "door")
    found = await counts(accuracy)
    assert found["door", Light.DARK, Look.WRONG, -1] == 1
    assert found["door", Light.UNKNOWN, Look.WRONG, -1] == 1


async def test_what_could_not_be_written_waits(accuracy: Accuracy, monkeypatch: pytest.MonkeyPatch) -> None:
    """A database that is away loses no count."""
    accuracy.saw("door", seen(unknown=(a_face(80),)))

    async def away(_looks: object) -> None:
        raise StorageError

    with monkeypatch.context() as patched:
        patched.setattr(accuracy.log, "add", away)
        with pytest.raises(StorageError):
            await accuracy.flush()
    assert await counts(accuracy) == {("door", Light.DIM, Look.UNKNOWN, -1): 1}
