"""Build the default face pack from weight files that lie inside two installed packages.

Neither package is imported: their imports need TensorFlow and pkg_resources. Their weight files are found, compared
with the SHA-256 of the release that this code knows, parsed, and written as ONNX graphs. Works without a network.
"""

import contextlib
import errno
import fcntl
import hashlib
import json
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import resources
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from visavis.errors import ModelError, SettingInvalid, StorageFull, WeightsUnavailable
from visavis.perception.packs import dlib_graph, mtcnn_graphs
from visavis.perception.packs.dlib_weights import read_metric_network
from visavis.perception.packs.joblib_weights import read_arrays
from visavis.perception.packs.loading import verify_pack
from visavis.perception.packs.manifest import MANIFEST_FILE, Manifest, manifest_json, parse_manifest, read_manifest

Progress = Callable[[str, float], None]
"""Called with the name of a step and the part of that step that is done, from 0 to 1."""

_BUILDING = ".building-"


@dataclass(frozen=True, slots=True)
class _Source:
    """A weight file inside an installed package."""

    package: str
    path: str
    sha256: str

    def read(self) -> bytes:
        """The file's bytes, without importing the package.

        Raises:
            WeightsUnavailable: it is missing, or belongs to another release.
        """
        spec = find_spec(self.package)
        for place in (spec.submodule_search_locations or ()) if spec else ():
            file = Path(place) / self.path
            if file.is_file():
                content = file.read_bytes()
                if hashlib.sha256(content).hexdigest() != self.sha256:
                    raise WeightsUnavailable(f"{self.path} of {self.package} is not that of the release named here")
                return content
        raise WeightsUnavailable(f"{self.path} of {self.package} was not found")


_P_NET = _Source("mtcnn", "assets/weights/pnet.lz4", "ea6b0c3e685ebee3165326ad6484acc95f2ef78f1c94fbf40a55704fa989f7b5")
_R_NET = _Source("mtcnn", "assets/weights/rnet.lz4", "cb00e6460f3c98b0bfafaba3c0a0ded4bdf6e62cee7174d969e8670d7e757fee")
_O_NET = _Source("mtcnn", "assets/weights/onet.lz4", "94f6ea2f4cf985275ee958cdd762d17b6009348a4fb9d8c6be39ba73ffd22ca3")
_DETECTOR = (
    (_P_NET, mtcnn_graphs.p_net, "pnet.onnx"),
    (_R_NET, mtcnn_graphs.r_net, "rnet.onnx"),
    (_O_NET, mtcnn_graphs.o_net, "onet.onnx"),
)
_EMBEDDER = _Source(
    "face_recognition_models",
    "models/dlib_face_recognition_resnet_model_v1.dat",
    "55533b28a95800a551ba546ba62fe69625c7e95a7061c338adffead08719da30",
)


def _silent(_step: str, _part: float) -> None:
    pass


def default_pack_folder(cache_dir: Path) -> Path:
    """Where `build_default_pack` puts the default face pack, whether or not it is there."""
    shipped = _shipped()
    return cache_dir / f"{shipped['name']}-{shipped['version']}"


def build_default_pack(cache_dir: Path, progress: Progress = _silent) -> Path:
    """The folder of the default face pack, built now if it is not there whole.

    Any number of processes may call it at once: one builds, the others wait. A folder appears complete or not at all;
    one that no longer fits its checksums, or was built by another version, is built again.

    Raises:
        WeightsUnavailable: a weight file is missing or of another release.
        ModelRefused: a weight file cannot be read, or a network does not give its known answers.
        StorageFull: the disk is full; nothing is left behind.
        SettingInvalid: the folder cannot be written.
    """
    folder = default_pack_folder(cache_dir)
    if _is_current(folder):  # without the lock, so that a pack on a read-only disk serves
        return folder
    try:
        cache_dir.mkdir(parents=True, exist_ok=True)
        with _alone(cache_dir, progress):
            _ensure(folder, progress)
    except OSError as failure:
        if failure.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise StorageFull(f"while the face pack was written to {cache_dir}") from failure
        raise SettingInvalid(f"cache_dir: {cache_dir} cannot be used: {failure.strerror}") from failure
    return folder


@contextlib.contextmanager
def _alone(cache_dir: Path, progress: Progress) -> Iterator[None]:
    with (cache_dir / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            progress("waiting for another process", 0.0)
            fcntl.flock(lock, fcntl.LOCK_EX)
            progress("waiting for another process", 1.0)
        yield  # closing the file gives the lock back, and so does the end of the process


def _ensure(folder: Path, progress: Progress) -> None:
    if _is_current(folder):  # another process has built it while this one waited
        return
    cache_dir = folder.parent
    for leftover in cache_dir.glob(f"{_BUILDING}*"):  # of a process that was killed; we hold the lock
        shutil.rmtree(leftover)
    building = Path(tempfile.mkdtemp(prefix=_BUILDING, dir=cache_dir))
    try:
        _write(building, progress)
        progress("checking the face pack", 0.0)
        verify_pack(building)
        progress("checking the face pack", 1.0)
        if folder.exists():
            folder.rename(building / "replaced")
        building.rename(folder)
        shutil.rmtree(folder / "replaced", ignore_errors=True)
    except BaseException:
        shutil.rmtree(building, ignore_errors=True)
        raise


def _write(folder: Path, progress: Progress) -> None:
    step = "building the face detector"
    for done, (source, graph, file) in enumerate(_DETECTOR):
        progress(step, done / len(_DETECTOR))
        (folder / file).write_bytes(graph(read_arrays(source.read())))
    progress(step, 1.0)
    step = "building the face embedder"
    progress(step, 0.0)
    network = read_metric_network(_EMBEDDER.read(), dlib_graph.LAYERS)
    progress(step, 0.5)
    (folder / "embedder.onnx").write_bytes(dlib_graph.integer_embedder(*network, _ranges()))
    (folder / MANIFEST_FILE).write_text(manifest_json(_manifest(folder)), encoding="utf-8")
    progress(step, 1.0)


def _is_current(folder: Path) -> bool:
    try:
        return read_manifest(folder) == _manifest(folder)
    except (ModelError, OSError):
        return False


def _manifest(folder: Path) -> Manifest:
    """What is shipped, with size and SHA-256 of the files in this folder."""
    shipped = _shipped()
    for model in shipped["models"]:
        content = (folder / model["file"]).read_bytes()
        model |= {"size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    return parse_manifest(json.dumps(shipped))


def _ranges() -> list[dlib_graph.Range]:
    """Least and greatest value of each resting map of the embedder; the file says how they were measured."""
    text = resources.files(__package__).joinpath("default_face_ranges.json").read_text(encoding="utf-8")
    return [(low, high) for low, high in json.loads(text)["ranges"]]


def _shipped() -> dict[str, Any]:
    """The manifest that this package ships; the models' size and SHA-256 are known once they are written."""
    text = resources.files(__package__).joinpath("default_face.json").read_text(encoding="utf-8")
    shipped: dict[str, Any] = json.loads(text)
    return shipped
