"""A pack is loaded whole, or refused by the name of the file that is wrong."""

import hashlib
import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from onnx import TensorProto, helper, numpy_helper

from visavis.errors import ChecksumMismatch, ManifestInvalid, ModelRefused
from visavis.perception.packs import ModelKind, Pack, known_answers, list_packs, load_pack, read_manifest, verify_pack
from visavis.perception.packs.feeding import feed
from visavis.perception.packs.manifest import MANIFEST_FILE, Colour, Layout
from visavis.runtime import DType, TensorSpec


@pytest.fixture
def copy(tmp_path: Path, pack_folder: Path) -> Path:
    """A pack that may be spoilt."""
    return shutil.copytree(pack_folder, tmp_path / "packs" / "default-face-1")


def edit(folder: Path, change: Callable[[dict[str, Any]], None]) -> None:
    path = folder / MANIFEST_FILE
    data = json.loads(path.read_text(encoding="utf-8"))
    change(data)
    path.write_text(json.dumps(data), encoding="utf-8")


def test_a_loaded_pack_tells_what_it_is(pack: Pack, pack_folder: Path) -> None:
    """The id of its templates is the pack's name and the embedder's checksum; the eyes lie where dlib puts them."""
    sha256 = hashlib.sha256((pack_folder / "embedder.onnx").read_bytes()).hexdigest()
    assert pack.model_id == f"default-face@{sha256[:12]}"
    assert (pack.alignment.width, pack.alignment.height) == (150, 150)
    (left, level), (right, other) = pack.alignment.landmarks[:2]
    assert (left, right) == pytest.approx((47, 102), abs=2)
    assert (level, other) == pytest.approx((44, 44), abs=2)


def test_templates_have_length_one(pack: Pack) -> None:
    """Any picture, and none."""
    faces = np.random.default_rng(5).integers(0, 256, (3, 150, 150, 3), dtype=np.uint8)
    np.testing.assert_allclose(np.linalg.norm(pack.embed(faces), axis=1), 1, atol=1e-6)
    assert pack.embed(faces[:0]).shape == (0, 128)
    assert pack.embed(faces[..., ::-1]).shape == (3, 128)  # a view with another order in memory


@pytest.mark.parametrize("shape", [(150, 150, 3), (1, 112, 112, 3), (1, 3, 150, 150)])
def test_pictures_of_another_shape_are_a_mistake_of_the_caller(pack: Pack, shape: tuple[int, ...]) -> None:
    """Only aligned faces of the pack's own size have templates."""
    with pytest.raises(ValueError, match="image must be uint8"):
        pack.embed(np.zeros(shape, np.uint8))


def test_a_changed_model_is_refused(copy: Path) -> None:
    """One bit in 6 MB."""
    path = copy / "embedder.onnx"
    data = bytearray(path.read_bytes())
    data[2_345_678] ^= 1
    path.write_bytes(data)
    with pytest.raises(ChecksumMismatch, match=r"embedder\.onnx"):
        verify_pack(copy)


@pytest.mark.parametrize("spoil", [Path.unlink, lambda path: path.write_bytes(b"")], ids=["missing", "emptied"])
def test_a_missing_or_cut_model_is_refused(copy: Path, spoil: Callable[[Path], object]) -> None:
    """The error names the file and its size."""
    spoil(copy / "rnet.onnx")
    with pytest.raises(ChecksumMismatch, match=r"rnet\.onnx of default-face-1"):
        load_pack(copy)


def test_other_answers_than_the_known_ones_are_refused(copy: Path) -> None:
    """A network with a right checksum that computes something else does not serve."""

    def shift(manifest: dict[str, Any]) -> None:
        manifest["models"][2]["known_answers"]["outputs"]["landmarks"][7] += 0.001

    edit(copy, shift)
    with pytest.raises(ModelRefused, match=r"onet\.onnx does not give its known answers: output 'landmarks'"):
        load_pack(copy)


def test_too_few_known_answers_are_refused(copy: Path) -> None:
    """Answers of another length are no answers."""
    edit(copy, lambda manifest: manifest["models"][3]["known_answers"]["outputs"]["embedding"].pop())
    with pytest.raises(ModelRefused, match="embedding"):
        load_pack(copy)


def test_an_undeclared_output_is_refused(copy: Path) -> None:
    """The manifest promises an output that the file does not have."""

    def rename(manifest: dict[str, Any]) -> None:
        manifest["models"][3]["outputs"][0]["name"] = "template"
        manifest["models"][3]["known_answers"] = None

    edit(copy, rename)
    with pytest.raises(ModelRefused, match="no output 'template'"):
        load_pack(copy)


def test_the_known_picture_is_the_same_everywhere() -> None:
    """Three pixels by hand: (3*4 + 2*1 + 5*2 + 40*c*(2-1)) // 7 for x=2, y=1."""
    image = known_answers.picture((1, 8, 8, 3))
    assert image.dtype == np.uint8
    assert image[0, 1, 2].tolist() == [24 // 7, 64 // 7, 104 // 7]


def small_embedder(folder: Path) -> tuple[int, str]:
    """BGR, NCHW, float32 in; the sums of the three planes out."""
    axes = numpy_helper.from_array(np.array([2, 3], np.int64), "axes")
    graph = helper.make_graph(
        [helper.make_node("ReduceSum", ["data", "axes"], ["fc1"], keepdims=0)],
        "sums",
        [helper.make_tensor_value_info("data", TensorProto.FLOAT, ["N", 3, 4, 4])],
        [helper.make_tensor_value_info("fc1", TensorProto.FLOAT, ["N", 3])],
        [axes],
    )
    opset = [helper.make_opsetid("", 17)]
    content = helper.make_model(graph, opset_imports=opset, ir_version=8).SerializeToString()
    (folder / "embedder.onnx").write_bytes(content)
    return len(content), hashlib.sha256(content).hexdigest()


def use_small_embedder(folder: Path, mean: float) -> None:
    """Make it the pack's own: blue first, planes first, (pixel - mean) / 128, pictures of 4 x 4."""
    size, sha256 = small_embedder(folder)

    def change(manifest: dict[str, Any]) -> None:
        tensor = {"name": "data", "dtype": "float32", "shape": [None, 3, 4, 4]}
        image = {"tensor": tensor, "layout": "NCHW", "colour": "BGR", "mean": [mean] * 3, "scale": 1 / 128}
        output = {"name": "fc1", "dtype": "float32", "shape": [None, 3]}
        manifest["models"][3] |= {"size": size, "sha256": sha256, "input": image, "outputs": [output]}
        manifest["models"][3]["known_answers"] = None
        landmarks = [[1, 1], [2, 1], [1, 2], [1, 3], [2, 3]]
        manifest["alignment"] = {"width": 4, "height": 4, "landmarks": landmarks, "evidence": "made up"}

    edit(folder, change)


def test_an_embedder_made_by_others_serves_by_its_manifest(copy: Path) -> None:
    """The manifest says colour order, layout and range, and the pictures arrive so."""
    use_small_embedder(copy, mean=127.5)
    face = np.full((1, 4, 4, 3), (127, 128, 129), np.uint8)
    r, g, b = (16 * (value - 127.5) / 128 for value in (127, 128, 129))
    wanted = np.array([b, g, r]) / np.linalg.norm([r, g, b])
    np.testing.assert_allclose(load_pack(copy).embed(face), [wanted], atol=1e-6)


def test_a_template_without_direction_is_refused(copy: Path) -> None:
    """A picture that is all mean gives this embedder zeros; no unit vector can say that."""
    use_small_embedder(copy, mean=128)
    with pytest.raises(ModelRefused, match="without direction"):
        load_pack(copy).embed(np.full((1, 4, 4, 3), 128, np.uint8))


def test_plain_pixels_are_fed_as_they_are(pack: Pack) -> None:
    """The default pack's pictures are not copied into another order."""
    spec = pack.manifest.model(ModelKind.EMBEDDER).input
    pixels = np.arange(2 * 2 * 3, dtype=np.uint8).reshape(1, 2, 2, 3)
    assert np.shares_memory(feed(pixels, spec), pixels)
    turned = replace(
        spec,
        colour=Colour.BGR,
        layout=Layout.NCHW,
        tensor=TensorSpec(name="image", dtype=DType.FLOAT32, shape=(None, 3, 2, 2)),
        mean=(1, 0, 0),
        scale=0.5,
    )
    assert feed(pixels, turned)[0, 0].tolist() == [[0.5, 2.0], [3.5, 5.0]]  # (blue - 1) / 2 for blue 2, 5, 8, 11


def test_packs_are_listed_with_what_they_say(copy: Path) -> None:
    """Sound, broken and foreign folders beside each other."""
    root = copy.parent
    (root / "broken").mkdir()
    (root / "broken" / MANIFEST_FILE).write_text("{")
    (root / "photos").mkdir()
    (root / ".building-x").mkdir()
    (root / ".building-x" / MANIFEST_FILE).write_text("{}")
    found = [(pack.folder.name, pack.name, pack.version, pack.licences) for pack in list_packs(root)]
    assert found == [("broken", "broken", "", ()), ("default-face-1", "default-face", "2", ("MIT", "CC0-1.0"))]
    with pytest.raises(ManifestInvalid):
        read_manifest(root / "broken")


def test_no_folder_holds_no_packs(tmp_path: Path) -> None:
    """Before the first build there is nothing to list."""
    assert list_packs(tmp_path / "none") == ()
