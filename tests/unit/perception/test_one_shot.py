"""Detectors that look once: networks that answer what is written into them are read back as the faces meant."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from visavis.errors import ModelError
from visavis.perception.detect import Detector
from visavis.perception.packs import Pack, load_pack
from visavis.perception.packs.families import Family, add_model

SIDE, STRIDES = 64, (8, 16, 32)
BOX = np.array([10.0, 12.0, 42.0, 52.0])
MARKS = np.array([[18.0, 24.0], [33.0, 25.0], [26.0, 33.0], [20.0, 42.0], [32.0, 43.0]])
Answers = list[tuple[str, np.ndarray]]


def network(answers: Answers, path: Path) -> Path:
    """An ONNX file that gives these whatever it sees."""
    picture = helper.make_tensor_value_info("picture", TensorProto.FLOAT, [1, 3, SIDE, SIDE])
    nodes = [helper.make_node("Identity", [f"{name}_value"], [name]) for name, _ in answers]
    values = [numpy_helper.from_array(array.astype(np.float32), f"{name}_value") for name, array in answers]
    outputs = [helper.make_tensor_value_info(name, TensorProto.FLOAT, list(a.shape)) for name, a in answers]
    graph = helper.make_graph(nodes, "constant", [picture], outputs, values)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=9)
    onnx.save(model, path)
    return path


def zeros(anchors: Sequence[int], sizes: Sequence[int]) -> list[np.ndarray]:
    return [np.zeros((1, count, size), np.float32) for size in sizes for count in anchors]


def yunet() -> Answers:
    """The face at row 3, column 2 of stride 8, and a weak one elsewhere."""
    grids = [(SIDE // s) ** 2 for s in STRIDES]
    cls, obj, box, kps = (zeros(grids, [size]) for size in (1, 1, 4, 10))
    place, stride = 3 * 8 + 2, 8
    corner = np.array([2.0, 3.0])
    centre, sides = (BOX[:2] + BOX[2:]) / 2, BOX[2:] - BOX[:2]
    cls[0][0, place], obj[0][0, place] = 0.9, 0.9
    box[0][0, place] = [*(centre / stride - corner), *np.log(sides / stride)]
    kps[0][0, place] = (MARKS / stride - corner).ravel()
    cls[1][0, 0], obj[1][0, 0] = 0.9, 0.1
    names = [f"{part}_{s}" for part in ("cls", "obj", "bbox", "kps") for s in STRIDES]
    return list(zip(names, [*cls, *obj, *box, *kps], strict=True))


def scrfd() -> Answers:
    """The face at the second anchor of row 1, column 1 of stride 16."""
    grids = [2 * (SIDE // s) ** 2 for s in STRIDES]
    score, box, kps = (zeros(grids, [size]) for size in (1, 4, 10))
    place, stride = 2 * (1 * 4 + 1) + 1, 16
    centre = np.array([1.0, 1.0]) * stride
    score[1][0, place] = 0.8
    box[1][0, place] = np.concatenate([centre - BOX[:2], BOX[2:] - centre]) / stride
    kps[1][0, place] = ((MARKS - centre) / stride).ravel()
    return [(str(440 + n), array) for n, array in enumerate([*score, *box, *kps])]


def retinaface() -> Answers:
    """The face at the second size of row 2, column 1 of stride 16; the outputs are written in another order."""
    grids = [2 * (SIDE // s) ** 2 for s in STRIDES]
    box, probability, kps = (np.zeros((1, sum(grids), size), np.float32) for size in (4, 2, 10))
    probability[..., 0] = 1.0
    place, size = grids[0] + 2 * (2 * 4 + 1) + 1, 128
    middle = np.array([1.5, 2.5]) * 16
    centre, sides = (BOX[:2] + BOX[2:]) / 2, BOX[2:] - BOX[:2]
    box[0, place] = [*((centre - middle) / (0.1 * size)), *(np.log(sides / size) / 0.2)]
    kps[0, place] = ((MARKS - middle) / (0.1 * size)).ravel()
    probability[0, place] = [0.05, 0.95]
    return [("landmarks", kps), ("boxes", box), ("probabilities", probability)]


@pytest.fixture(params=[(Family.YUNET, yunet, 0.9), (Family.SCRFD, scrfd, 0.8), (Family.RETINAFACE, retinaface, 0.95)])
def case(request: pytest.FixtureRequest, tmp_path: Path, pack_folder: Path) -> tuple[Pack, float]:
    family, answers, score = request.param
    file = network(answers(), tmp_path / "net.onnx")
    folder = add_model(
        file, family, name="mine", licence="MIT", source="a test", base=pack_folder, packs_dir=tmp_path / "packs"
    )
    return load_pack(folder), score


def test_the_face_is_read_where_it_is(case: tuple[Pack, float]) -> None:
    pack, score = case
    found = Detector(nets=pack.detector, min_face_px=20).detect(np.zeros((SIDE, SIDE, 3), np.uint8))
    assert len(found) == 1
    assert found.boxes[0] == pytest.approx(BOX, abs=1e-3)
    assert found.landmarks[0] == pytest.approx(MARKS, abs=1e-3)
    assert found.scores[0] == pytest.approx(score, abs=1e-6)


def test_large_pictures_are_reduced_and_answers_enlarged(case: tuple[Pack, float]) -> None:
    """Of a picture of 256 x 128, a quarter is shown; pixel k's centre is at k in both."""
    pack, _ = case
    found = Detector(nets=pack.detector, min_face_px=20).detect(np.zeros((128, 256, 3), np.uint8))
    assert found.boxes[0] == pytest.approx(4 * BOX, abs=1e-2)
    assert found.landmarks[0] == pytest.approx(4 * MARKS + 1.5, abs=1e-2)


def test_smaller_faces_than_asked_for_are_left_out(case: tuple[Pack, float]) -> None:
    pack, _ = case
    wide = np.zeros((SIDE * 6, SIDE * 6, 3), np.uint8)  # faces of 240 pixels
    assert len(Detector(nets=pack.detector, min_face_px=230).detect(wide)) == 1
    assert len(Detector(nets=pack.detector, min_face_px=250).detect(wide)) == 0


def test_a_region_moves_the_answers(case: tuple[Pack, float]) -> None:
    pack, _ = case
    half = Detector(nets=pack.detector, min_face_px=20, region=(0.5, 0.0, 1.0, 1.0))
    found = half.detect(np.zeros((SIDE, 2 * SIDE, 3), np.uint8))
    assert found.boxes[0] == pytest.approx(BOX + np.array([SIDE, 0, SIDE, 0]), abs=1e-3)


def test_of_two_boxes_on_one_face_the_stronger_is_kept(tmp_path: Path, pack_folder: Path) -> None:
    answers = dict(scrfd())
    score, box, kps = answers["441"], answers["444"], answers["447"]
    for array in (box, kps):
        array[0, 10] = array[0, 11]
    score[0, 10] = 0.7
    file = network(list(answers.items()), tmp_path / "net.onnx")
    folder = add_model(
        file, Family.SCRFD, name="mine", licence="MIT", source="a test", base=pack_folder, packs_dir=tmp_path / "packs"
    )
    found = Detector(nets=load_pack(folder).detector, min_face_px=20).detect(np.zeros((SIDE, SIDE, 3), np.uint8))
    assert found.scores.tolist() == pytest.approx([0.8])


@pytest.mark.parametrize(
    ("family", "answers"), [(Family.YUNET, scrfd), (Family.SCRFD, yunet), (Family.RETINAFACE, scrfd)]
)
def test_a_model_of_another_family_is_refused(
    family: Family, answers: Callable[[], Answers], tmp_path: Path, pack_folder: Path
) -> None:
    """By names and sizes of its outputs, before anything is written."""
    file = network(answers(), tmp_path / "net.onnx")
    with pytest.raises(ModelError, match="output"):
        add_model(file, family, name="mine", licence="MIT", source="x", base=pack_folder, packs_dir=tmp_path / "packs")
    assert not list((tmp_path / "packs").glob("mine*"))
