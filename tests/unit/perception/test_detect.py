"""Faces and landmarks in pictures."""

import cv2
import numpy as np
import pytest

from visavis.perception.detect import SMALLEST_FACE_PX, Detections, Detector
from visavis.perception.packs import Pack

# Read off the two portraits by eye: pupils, tip of the nose, corners of the mouth.
COLLINS = [(203, 100), (246, 103), (224, 127), (201, 139), (245, 140)]
HOPPER = [(220, 190), (309, 185), (266, 238), (233, 277), (304, 274)]
WALL = np.full((480, 640, 3), 120, np.uint8)


@pytest.fixture(scope="module")
def detector(pack: Pack) -> Detector:
    return Detector(nets=pack.detector)


def test_one_face_with_landmarks_where_they_are(detector: Detector, collins: np.ndarray, hopper: np.ndarray) -> None:
    """Each landmark within a tenth of the eye distance; the box around them."""
    for picture, places in ((collins, COLLINS), (hopper, HOPPER)):
        found = detector.detect(picture)
        assert len(found) == 1
        assert found.scores[0] > 0.99
        eye_distance = places[1][0] - places[0][0]
        np.testing.assert_allclose(found.landmarks[0], places, atol=0.1 * eye_distance)
        left, top, right, bottom = found.boxes[0]
        assert (left < np.array(places)[:, 0]).all()
        assert (right > np.array(places)[:, 0]).all()
        assert (top < np.array(places)[:, 1]).all()
        assert (bottom > np.array(places)[:, 1]).all()


@pytest.mark.parametrize("scale", [0.5, 0.75, 1.5, 3.0])
def test_coordinates_follow_the_scale(detector: Detector, hopper: np.ndarray, scale: float) -> None:
    """A face found in a smaller or larger copy lies at the same place, within a twentieth of the eye distance."""
    copy = cv2.resize(hopper, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    found = detector.detect(copy)
    assert len(found) == 1
    np.testing.assert_allclose((found.landmarks[0] + 0.5) / scale - 0.5, HOPPER, atol=9)


def test_coordinates_follow_a_shift(detector: Detector, collins: np.ndarray) -> None:
    """The same head elsewhere on a wall."""
    head = collins[20:220, 120:330]
    for x, y in ((10, 20), (211, 97), (430, 280)):
        wall = WALL.copy()
        wall[y : y + 200, x : x + 210] = head
        found = detector.detect(wall)
        assert len(found) == 1
        np.testing.assert_allclose(found.landmarks[0] - [x, y] + [120, 20], COLLINS, atol=4)


def test_mirrored(detector: Detector, hopper: np.ndarray) -> None:
    """Landmarks are named by the picture's sides: mirrored, left and right change places without any drift."""
    plain, mirrored = detector.detect(hopper), detector.detect(np.ascontiguousarray(hopper[:, ::-1]))
    back = mirrored.landmarks[0][[1, 0, 2, 4, 3]]
    back[:, 0] = hopper.shape[1] - 1 - back[:, 0]
    np.testing.assert_allclose(back, plain.landmarks[0], atol=4)


def test_two_people(detector: Detector, collins: np.ndarray, hopper: np.ndarray) -> None:
    """Both, each once."""
    wall = np.concatenate([collins[:400], hopper[50:450]], axis=1)
    found = detector.detect(wall)
    assert len(found) == 2
    assert sorted(int(x) // 512 for x in found.boxes[:, 0]) == [0, 1]


def test_smaller_faces_than_asked_for(pack: Pack, collins: np.ndarray) -> None:
    """The face is some 100 pixels wide: looked for from 40 on, not from 200 on."""
    assert len(Detector(nets=pack.detector, min_face_px=40).detect(collins)) == 1
    assert len(Detector(nets=pack.detector, min_face_px=200).detect(collins)) == 0


def test_region_of_interest(pack: Pack, collins: np.ndarray, hopper: np.ndarray) -> None:
    """Only the half that was asked for, in the whole picture's pixels."""
    wall = np.concatenate([collins, hopper[:512]], axis=1)
    right = Detector(nets=pack.detector, region=(0.5, 0.0, 1.0, 1.0)).detect(wall)
    assert len(right) == 1
    np.testing.assert_allclose(right.landmarks[0] - [512, 0], HOPPER, atol=9)


@pytest.mark.parametrize("region", [(0.5, 0, 0.5, 1), (0, 0.6, 1, 0.4), (-0.1, 0, 1, 1), (0, 0, 1, 1.1)])
def test_regions_that_are_none(pack: Pack, region: tuple[float, float, float, float]) -> None:
    with pytest.raises(ValueError, match="region"):
        Detector(nets=pack.detector, region=region)


@pytest.mark.parametrize("size", [SMALLEST_FACE_PX - 1, 0, -5, float("nan")])
def test_sizes_that_are_none(pack: Pack, size: float) -> None:
    with pytest.raises(ValueError, match="min_face_px"):
        Detector(nets=pack.detector, min_face_px=size)


@pytest.mark.parametrize("side", [150, 112, 64])
def test_photographs_cut_close_around_a_face(detector: Detector, hopper: np.ndarray, side: int) -> None:
    """Hardly any margin, and as small as thumbnails are."""
    tight = cv2.resize(hopper[115:345, 165:375], (side, side), interpolation=cv2.INTER_AREA)
    found = detector.detect(tight)
    assert len(found) == 1
    wanted = (np.array(HOPPER) - [165, 115]) * [side / 210, side / 230]
    np.testing.assert_allclose(found.landmarks[0], wanted, atol=0.06 * side)


@pytest.mark.parametrize("shape", [(0, 0), (1, 1), (11, 300), (12, 12), (300, 13), (480, 640)])
@pytest.mark.parametrize("level", [0, 128, 255])
def test_nobody_there(detector: Detector, shape: tuple[int, int], level: int) -> None:
    """Flat pictures of any size hold no face and cause no error."""
    found = detector.detect(np.full((*shape, 3), level, np.uint8))
    assert (found.boxes.shape, found.landmarks.shape, found.scores.shape) == ((0, 4), (0, 5, 2), (0,))


def test_hostile_pictures_are_bounded(detector: Detector, collins: np.ndarray, monkeypatch: pytest.MonkeyPatch) -> None:
    """A wall of 600 small heads: at most 256 boxes for the second network, 64 for the third, whatever is there."""
    seen: dict[str, int] = {}
    head = cv2.resize(collins[40:200, 140:300], (64, 64), interpolation=cv2.INTER_AREA)
    wall = np.tile(head, (20, 30, 1))

    class Watched:
        def __init__(self, name: str) -> None:
            self.name, self.model = name, getattr(detector.nets, name)

        def run(self, pictures: np.ndarray) -> tuple[np.ndarray, ...]:
            seen[self.name] = len(pictures)
            return self.model.run(pictures)

    nets = type(detector.nets)(p_net=Watched("p_net"), r_net=Watched("r_net"), o_net=Watched("o_net"))
    found = Detector(nets=nets, min_face_px=40).detect(wall)
    assert seen["r_net"] == 256
    assert 40 < seen["o_net"] <= 64
    assert 20 < len(found) <= 64


def test_shifted() -> None:
    """Boxes and landmarks move together."""
    one = Detections(
        boxes=np.array([[0, 0, 10, 10]], np.float32),
        landmarks=np.full((1, 5, 2), 5, np.float32),
        scores=np.ones(1, np.float32),
    )
    moved = one.shifted(3, -2)
    assert moved.boxes.tolist() == [[3, -2, 13, 8]]
    assert moved.landmarks[0, 0].tolist() == [8, 3]
