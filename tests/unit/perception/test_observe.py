"""From frames to faces and embeddings, with the real pack and real portraits."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import cv2
import numpy as np
import pytest

from visavis.errors import NoFaceFound, QualityTooLow, SeveralFacesFound
from visavis.perception.observe import BYSTANDER, Observer, enrolment_face
from visavis.perception.packs import Pack
from visavis.perception.video import read_video
from visavis.types import Embedding, Face, Frame, Quality

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
CLIPS = Path(__file__).parents[4] / "shared" / "data" / "video"


def frame(pixels: np.ndarray) -> Frame:
    return Frame(pixels=pixels, source="door", captured_at=NOW)


def embedded(observer: Observer, pixels: np.ndarray) -> Embedding:
    picture = frame(pixels)
    (embedding,) = observer.embed(picture, observer.observe(picture)[:1])
    return embedding


def score(one: Embedding, other: Embedding) -> float:
    return float(one.vector @ other.vector)


# ------ observe


def test_each_portrait_has_one_face(observer: Observer, collins: np.ndarray, hopper: np.ndarray) -> None:
    """One usable face, frontal, of the size that it has."""
    for pixels, eye_distance in ((collins, 43), (hopper, 89)):
        (face,) = observer.observe(frame(pixels))
        assert face.quality.reasons == ()
        assert abs(face.quality.eye_distance_px - eye_distance) < 4
        assert abs(face.quality.yaw_deg) < 15
        assert face.confidence > 0.99


def test_largest_first(observer: Observer, collins: np.ndarray, hopper: np.ndarray) -> None:
    """Hopper's face is twice as wide as Collins's, wherever she stands."""
    for order in ((collins[:500], hopper[:500]), (hopper[:500], collins[:500])):
        faces = observer.observe(frame(np.concatenate(order, axis=1)))
        widths = [face.box[2] - face.box[0] for face in faces]
        assert len(faces) == 2
        assert widths[0] > 1.5 * widths[1]


def test_an_empty_room(observer: Observer) -> None:
    """No face, and nothing to embed."""
    empty = frame(np.full((480, 640, 3), 120, np.uint8))
    assert observer.observe(empty) == ()
    assert observer.embed(empty, ()) == ()


def test_observe_does_not_embed(pack: Pack, collins: np.ndarray) -> None:
    """A face that nobody asked to compare never becomes a vector."""

    class Refusing:
        def run(self, *_arrays: np.ndarray) -> None:
            raise AssertionError("embedded")

    watched = type(pack)(manifest=pack.manifest, detector=pack.detector, embedder=Refusing())
    assert len(Observer(watched).observe(frame(collins))) == 1


def test_nothing_of_a_face_can_be_printed(observer: Observer, collins: np.ndarray) -> None:
    """Neither pixels nor places nor numbers of the vector appear in logs by accident."""
    picture = frame(collins)
    faces = observer.observe(picture)
    shown = repr((picture, faces, observer.embed(picture, faces)))
    assert "array" not in shown


# ------ embed


def test_one_batch_of_unit_vectors(observer: Observer, pack: Pack, collins: np.ndarray, hopper: np.ndarray) -> None:
    """As many as faces, in their order, named after the pack and its embedder."""
    both = frame(np.concatenate([collins[:500], hopper[:500]], axis=1))
    faces = observer.observe(both)
    embeddings = observer.embed(both, faces)
    assert len(embeddings) == 2
    assert score(embeddings[0], embedded(observer, hopper)) > 0.99
    assert score(embeddings[1], embedded(observer, collins)) > 0.99
    for embedding in embeddings:
        assert embedding.vector.shape == (128,)
        assert abs(np.linalg.norm(embedding.vector) - 1) < 1e-5
        assert embedding.model == observer.model == pack.model_id


@pytest.mark.parametrize(
    "change",
    [
        lambda pixels: (pixels * 0.5).astype(np.uint8),
        lambda pixels: np.clip(pixels * 1.3, 0, 255).astype(np.uint8),
        lambda pixels: cv2.resize(pixels, None, fx=0.6, fy=0.6, interpolation=cv2.INTER_AREA),
        lambda pixels: cv2.resize(pixels, None, fx=4.0, fy=4.0, interpolation=cv2.INTER_CUBIC),
        lambda pixels: cv2.GaussianBlur(pixels, (0, 0), 1.0),
        lambda pixels: cv2.imdecode(cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, 40])[1], cv2.IMREAD_COLOR),
        lambda pixels: np.ascontiguousarray(pixels[:, ::-1]),
        lambda pixels: cv2.warpAffine(pixels, cv2.getRotationMatrix2D((256, 200), 20, 1), (512, 512)),
        lambda pixels: np.repeat(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)[..., None], 3, axis=2),
    ],
    ids=["half light", "more light", "smaller", "larger", "softer", "compressed", "mirrored", "tilted", "grey"],
)
def test_one_person_is_far_above_two(
    observer: Observer, collins: np.ndarray, hopper: np.ndarray, change: object
) -> None:
    """The same face in other light, size or sharpness passes the threshold of one false match in 10,000 (0.938)."""
    impostor = score(embedded(observer, collins), embedded(observer, hopper))
    assert impostor < 0.9
    for pixels, other in ((collins, hopper), (hopper, collins)):
        changed = embedded(observer, change(pixels))
        assert score(changed, embedded(observer, pixels)) > 0.95
        assert score(changed, embedded(observer, other)) < 0.91


def test_levelled_light_is_an_option(pack: Pack, collins: np.ndarray) -> None:
    """Brightness makes less of a difference with it; without it, nothing changes."""
    plain, level = Observer(pack), Observer(pack, level_light=True)
    dark = (collins * 0.12).astype(np.uint8)
    assert score(embedded(level, dark), embedded(level, collins)) > score(
        embedded(plain, dark), embedded(plain, collins)
    )


def test_many_threads_share_an_observer(observer: Observer, collins: np.ndarray, hopper: np.ndarray) -> None:
    """Eight cameras at once see what each sees alone."""
    alone = [embedded(observer, pixels).vector for pixels in (collins, hopper)]
    with ThreadPoolExecutor(8) as workers:
        together = list(workers.map(lambda pixels: embedded(observer, pixels).vector, [collins, hopper] * 8))
    for index, vector in enumerate(together):
        np.testing.assert_allclose(vector, alone[index % 2], atol=1e-5)


# ------ enrolment


def face(width: float, reasons: Sequence[str] = ()) -> Face:
    return Face(
        box=np.array([0, 0, width, 1.2 * width], np.float32),
        landmarks=np.zeros((5, 2), np.float32),
        confidence=1.0,
        quality=Quality(eye_distance_px=50, sharpness=10, brightness=120, yaw_deg=0, reasons=tuple(reasons)),
    )


def test_exactly_one_face_enrols() -> None:
    """None, one, two."""
    one = face(100)
    assert enrolment_face([one]) is one
    with pytest.raises(NoFaceFound):
        enrolment_face([])
    with pytest.raises(SeveralFacesFound, match="2 people"):
        enrolment_face([one, face(90)])


def test_people_in_the_background_do_not_hinder() -> None:
    """Below 0.4 times the width of the nearest face; at 0.4 they do."""
    one = face(100)
    assert enrolment_face([one, face(100 * BYSTANDER - 1), face(20)]) is one
    with pytest.raises(SeveralFacesFound):
        enrolment_face([one, face(100 * BYSTANDER), face(20)])


def test_a_face_that_cannot_be_compared_does_not_enrol() -> None:
    """Every reason is named; that of a bystander does not count."""
    with pytest.raises(QualityTooLow, match="too_dark, blurred"):
        enrolment_face([face(100, ["too_dark", "blurred"])])
    assert enrolment_face([face(100), face(20, ["too_small"])]).quality.usable


# ------ clips from the world


@pytest.mark.shared_data
@pytest.mark.skipif(not CLIPS.is_dir(), reason="the public test data do not lie beside the checkout")
@pytest.mark.parametrize("name", ["thanks.mkv", "yes.mkv"])
def test_a_person_before_a_camera(pack: Pack, name: str) -> None:
    """The one face is found in every frame, and stays the same person from the first to the last."""
    observer = Observer(pack, min_face_px=50)
    frames = list(read_video(CLIPS / name, source="clip", clock_start=NOW, max_fps=6))
    faces = [observer.observe(one) for one in frames]
    assert len(frames) >= 10
    assert {len(some) for some in faces} == {1}
    first, *others = (observer.embed(one, some)[0] for one, some in zip(frames, faces, strict=True))
    assert min(score(first, other) for other in others) > 0.95
