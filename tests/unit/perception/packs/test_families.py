"""A single model file becomes a pack, from disk or from the network, or is refused and leaves nothing."""

import contextlib
import hashlib
import shutil
import threading
import zipfile
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import onnx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper, numpy_helper

from visavis.errors import ChecksumMismatch, InputRefused, ManifestInvalid, ModelError, ModelRefused, SettingInvalid
from visavis.perception.packs import build_default_pack, chosen_pack, list_packs, load_pack, verify_pack
from visavis.perception.packs.families import ARCFACE_112, Family, add_model
from visavis.perception.packs.installing import install_folder
from visavis.perception.packs.pulling import pulled

SHARED = Path(__file__).parents[5] / "shared" / "data"
needs_shared = pytest.mark.skipif(not SHARED.is_dir(), reason="the shared data are not here")


def linear(path: Path, side: int, outputs: int, *, batch: int | str = "batch", seed: int = 0) -> Path:
    """A network that averages each channel and multiplies: (N, 3, side, side) -> (N, outputs)."""
    picture = helper.make_tensor_value_info("data", TensorProto.FLOAT, [batch, 3, side, side])
    answer = helper.make_tensor_value_info("answer", TensorProto.FLOAT, [batch, outputs])
    weights = np.random.default_rng(seed).standard_normal((3, outputs)).astype(np.float32)
    nodes = [
        helper.make_node("GlobalAveragePool", ["data"], ["mean"]),
        helper.make_node("Flatten", ["mean"], ["flat"]),
        helper.make_node("MatMul", ["flat", "weights"], ["answer"]),
    ]
    graph = helper.make_graph(nodes, "linear", [picture], [answer], [numpy_helper.from_array(weights, "weights")])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=9), path)
    return path


def added(file: Path, family: Family, base: Path, packs: Path, name: str = "mine") -> Path:
    return add_model(file, family, name=name, licence="MIT", source="a test", base=base, packs_dir=packs)


@pytest.mark.parametrize("batch", ["batch", 1])
def test_an_embedder_of_112_pixels(tmp_path: Path, pack_folder: Path, batch: int | str) -> None:
    """The network gets (pixel - 127.5) / 127.5 in RGB; of a fixed batch of one, faces go one by one."""
    file = linear(tmp_path / "arc.onnx", 112, 8, batch=batch)
    pack = load_pack(added(file, Family.ARCFACE, pack_folder, tmp_path / "packs"))
    assert (pack.alignment, pack.manifest.dim) == (ARCFACE_112, 8)
    assert pack.manifest.calibration == ()
    faces = np.random.default_rng(1).integers(0, 256, (3, 112, 112, 3), dtype=np.uint8)
    weights = np.random.default_rng(0).standard_normal((3, 8))
    wanted = ((faces.mean(axis=(1, 2)) - 127.5) / 127.5) @ weights
    assert pack.embed(faces) == pytest.approx(wanted / np.linalg.norm(wanted, axis=1, keepdims=True), abs=1e-4)
    assert pack.embed(faces[:0]).shape == (0, 8)


def test_a_liveness_model_is_asked_about_the_face_and_its_surroundings(tmp_path: Path, pack_folder: Path) -> None:
    """2.7 times the box, in BGR, moved into the picture where it would reach beyond."""
    file = linear(tmp_path / "live.onnx", 80, 3)
    pack = load_pack(added(file, Family.MINIFASNET, pack_folder, tmp_path / "packs"))
    assert pack.manifest.calibration  # what a face scores is not touched
    assert pack.liveness is not None
    pixels = np.zeros((200, 300, 3), np.uint8)
    pixels[:108, :108] = (250, 20, 90)  # where the crop of a box at the edge must lie
    scores = pack.liveness.live_scores(pixels, np.array([[5, 5, 45, 45]], np.float32))
    weights = np.random.default_rng(0).standard_normal((3, 3))
    wanted = np.exp(np.array([90, 20, 250]) @ weights)
    assert scores == pytest.approx(wanted[1:2] / wanted.sum(), abs=1e-3)
    assert pack.liveness.live_scores(pixels, np.zeros((0, 4), np.float32)).shape == (0,)
    whole = pack.liveness.live_scores(pixels, np.array([[-50, -50, 400, 300]], np.float32))
    assert np.isfinite(whole).all()


def test_versions_count_up_and_the_last_is_meant(tmp_path: Path, pack_folder: Path) -> None:
    packs, file = tmp_path / "packs", linear(tmp_path / "arc.onnx", 112, 8)
    assert [added(file, Family.SFACE, pack_folder, packs).name for _ in range(2)] == ["mine-1", "mine-2"]
    assert chosen_pack("mine", packs, lambda *_: None).name == "mine-2"
    assert chosen_pack("mine-1", packs, lambda *_: None).name == "mine-1"
    with pytest.raises(SettingInvalid, match="visavis packs list"):
        chosen_pack("other", packs, lambda *_: None)


@pytest.mark.parametrize("content", [b"", b"<html><body>404 Not Found</body></html>", b"\x08\x07" + bytes(500)])
def test_what_is_no_model_is_refused_by_name(tmp_path: Path, pack_folder: Path, content: bytes) -> None:
    file = tmp_path / "page.onnx"
    file.write_bytes(content)
    with pytest.raises(ModelRefused, match=r"page\.onnx"):
        added(file, Family.YUNET, pack_folder, tmp_path / "packs")
    assert not (tmp_path / "packs").exists()


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.integers(0, 10_000), value=st.integers(0, 255), cut=st.integers(0, 10_000))
def test_damaged_models_are_refused_or_work(
    tmp_path: Path, pack_folder: Path, damaged: bytes, place: int, value: int, cut: int
) -> None:
    """Any byte changed and any end cut off: a typed refusal, or a pack that verifies; nothing is left half-written."""
    content = bytearray(damaged)
    content[place % len(content)] = value
    file = tmp_path / "damaged.onnx"
    file.write_bytes(content[: len(content) - cut % 50])
    packs = tmp_path / "packs"
    with contextlib.suppress(ModelError):
        verify_pack(added(file, Family.ARCFACE, pack_folder, packs))
    assert not list(packs.glob(".writing-*"))


@pytest.fixture
def damaged(tmp_path: Path) -> bytes:
    return linear(tmp_path / "sound.onnx", 112, 4).read_bytes()


def test_a_name_that_breaks_the_rules_is_refused(tmp_path: Path, pack_folder: Path) -> None:
    file = linear(tmp_path / "arc.onnx", 112, 8)
    with pytest.raises(ManifestInvalid, match="name"):
        added(file, Family.ARCFACE, pack_folder, tmp_path / "packs", name="../../etc")


def test_a_folder_is_copied_only_whole(tmp_path: Path, pack_folder: Path) -> None:
    packs, copy = tmp_path / "packs", tmp_path / "copy"
    assert verify_pack(install_folder(packs, pack_folder)).name == "default-face"
    shutil.copytree(pack_folder, copy)
    (copy / "onet.onnx").write_bytes(b"other")
    with pytest.raises(ChecksumMismatch):
        install_folder(packs, copy)
    assert len(list_packs(packs)) == 1


# ------ from the network


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    """A folder, and the address at which it is served."""
    folder = tmp_path / "served"
    folder.mkdir()
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield folder, f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    thread.join()
    server.server_close()


def digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def test_a_zip_file_is_pulled_and_installed(served: tuple[Path, str], tmp_path: Path, pack_folder: Path) -> None:
    """Only what the manifest names is unpacked, wherever in the zip file the pack lies."""
    folder, address = served
    with zipfile.ZipFile(folder / "face.zip", "w") as archive:
        for file in pack_folder.iterdir():
            archive.write(file, f"face-1.0/{file.name}")
        archive.writestr("face-1.0/../../evil.sh", "rm -rf /")
    told: list[float] = []
    with pulled(f"{address}/face.zip", digest(folder / "face.zip"), lambda _, part: told.append(part)) as unpacked:
        assert {path.name for path in unpacked.iterdir()} == {path.name for path in pack_folder.iterdir()}
        installed = install_folder(tmp_path / "packs", unpacked)
    assert verify_pack(installed).name == "default-face"
    assert told[-1] == 1.0
    assert not unpacked.exists()


def test_what_is_not_the_promised_file_is_refused(served: tuple[Path, str], pack_folder: Path) -> None:
    folder, address = served
    (folder / "a.onnx").write_bytes(b"something")
    with pytest.raises(ChecksumMismatch), pulled(f"{address}/a.onnx", "0" * 64, lambda *_: None):
        pass
    with pytest.raises(InputRefused, match="404"), pulled(f"{address}/b.onnx", "0" * 64, lambda *_: None):
        pass
    with zipfile.ZipFile(folder / "empty.zip", "w") as archive:
        archive.writestr("readme.txt", "nothing")
    promised = digest(folder / "empty.zip")
    with pytest.raises(ManifestInvalid), pulled(f"{address}/empty.zip", promised, lambda *_: None):
        pass


@pytest.mark.parametrize(
    "address",
    ["http://example.org/a.zip", "file:///etc/passwd", "ftp://x/y", "", "https://", "https://127.0.0.1/a.zip",
     "https://169.254.169.254/a.zip", "https://10.0.0.7/a.zip"],
)  # fmt: skip
def test_only_safe_addresses_are_asked(address: str) -> None:
    with pytest.raises(InputRefused), pulled(address, "0" * 64, lambda *_: None):
        pass


# ------ real models


@needs_shared
def test_real_models_make_a_pack(tmp_path: Path) -> None:
    """YuNet finds everybody in some pictures, and MiniFASNet tells the live picture from the two attacks."""
    from datetime import UTC, datetime

    from visavis.perception.decode import decode_image
    from visavis.perception.observe import Observer
    from visavis.types import Frame

    packs = tmp_path / "packs"
    seeing = added(
        SHARED / "models/face_detection_yunet_2023mar.onnx", Family.YUNET, build_default_pack(packs), packs, "seeing"
    )
    pack = load_pack(added(SHARED / "models/MiniFASNetV2.onnx", Family.MINIFASNET, seeing, packs, "both"))
    observer = Observer(pack)
    for path in sorted((SHARED / "faces").rglob("*.jpg"))[::40]:
        frame = Frame(pixels=decode_image(path.read_bytes()), source="test", captured_at=datetime.now(UTC))
        assert observer.observe(frame), path.name
    assert pack.liveness is not None
    scores = {}
    for name in ("image_T1", "image_F1", "image_F2"):
        pixels = decode_image((SHARED / f"liveness/{name}.jpg").read_bytes())
        faces = observer.observe(Frame(pixels=pixels, source="test", captured_at=datetime.now(UTC)))
        scores[name] = float(pack.liveness.live_scores(pixels, faces[0].box[None])[0])
    assert scores["image_T1"] >= pack.liveness.threshold > max(scores["image_F1"], scores["image_F2"])
    with pytest.raises(ModelRefused, match="not_a_model"):
        added(SHARED / "models/not_a_model.onnx", Family.YUNET, seeing, packs, "bad")
