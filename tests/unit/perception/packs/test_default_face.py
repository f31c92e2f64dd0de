"""The default pack appears whole or not at all, whatever happens while it is built."""

import errno
import fcntl
import hashlib
import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from visavis.errors import SettingInvalid, StorageFull, WeightsUnavailable
from visavis.perception.packs import build_default_pack, default_pack_folder, verify_pack
from visavis.perception.packs.default_face import _Source
from visavis.perception.packs.manifest import MANIFEST_FILE

FILES = {"manifest.json", "pnet.onnx", "rnet.onnx", "onet.onnx", "embedder.onnx"}
BUILD = """
import pathlib, sys
from visavis.perception.packs import build_default_pack
print(build_default_pack(pathlib.Path(sys.argv[1])))
"""


def contents(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}


def test_a_first_build_leaves_a_whole_pack(tmp_path: Path) -> None:
    """Five files under one name, nothing else but the lock."""
    cache = tmp_path / "not" / "there" / "yet"
    folder = build_default_pack(cache)
    assert folder == default_pack_folder(cache)
    assert set(contents(folder)) == FILES
    assert {path.name for path in cache.iterdir()} == {folder.name, ".lock"}
    assert verify_pack(folder).name == "default-face"


def test_equal_machines_build_equal_models(pack_folder: Path) -> None:
    """Templates of two edges compare only if their embedders have one checksum: the bytes are the same everywhere."""
    found = contents(pack_folder)
    assert {name: found[name][:12] for name in sorted(FILES - {MANIFEST_FILE})} == {
        "embedder.onnx": "6b8489d71f4d",
        "onet.onnx": "b78d626f8436",
        "pnet.onnx": "a4f2e2e7fb08",
        "rnet.onnx": "1b71e4ad73c2",
    }


def test_a_second_build_touches_nothing(tmp_path: Path) -> None:
    """The files stay the very same files, and no step is announced."""
    folder = build_default_pack(tmp_path)
    before = {path: path.stat() for path in folder.iterdir()}
    steps: list[str] = []
    assert build_default_pack(tmp_path, lambda step, _: steps.append(step)) == folder
    assert {path: path.stat() for path in folder.iterdir()} == before
    assert steps == []


def test_a_pack_that_is_there_needs_no_writing(tmp_path: Path) -> None:
    """A pack on a disk that cannot be written serves: the lock is not even opened."""
    folder = build_default_pack(tmp_path)
    (tmp_path / ".lock").unlink()
    (tmp_path / ".lock").mkdir()
    assert build_default_pack(tmp_path) == folder


def test_progress_names_steps_and_never_goes_back(tmp_path: Path) -> None:
    """Each step begins at 0 and ends at 1."""
    told: dict[str, list[float]] = {}
    build_default_pack(tmp_path, lambda step, part: told.setdefault(step, []).append(part))
    assert list(told) == ["building the face detector", "building the face embedder", "checking the face pack"]
    for parts in told.values():
        assert parts == sorted(parts)
        assert (parts[0], parts[-1]) == (0, 1)


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def retitle(path: Path) -> None:
    data = json.loads(path.read_text(encoding="utf-8"))
    data["alignment"]["landmarks"][0][0] += 1
    path.write_text(json.dumps(data), encoding="utf-8")


@pytest.mark.parametrize(
    "damage",
    [
        lambda folder: flip(folder / "embedder.onnx"),
        lambda folder: (folder / "pnet.onnx").write_bytes(b""),
        lambda folder: (folder / "onet.onnx").unlink(),
        lambda folder: (folder / MANIFEST_FILE).unlink(),
        lambda folder: (folder / MANIFEST_FILE).write_text("{"),
        lambda folder: retitle(folder / MANIFEST_FILE),
    ],
    ids=["one bit", "emptied", "missing model", "missing manifest", "broken manifest", "manifest of another version"],
)
def test_a_damaged_pack_is_built_again(tmp_path: Path, pack_folder: Path, damage: object) -> None:
    """A broken cache heals at the next start."""
    folder = build_default_pack(tmp_path)
    damage(folder)
    assert build_default_pack(tmp_path) == folder
    assert contents(folder) == contents(pack_folder)


def test_what_a_killed_build_left_is_swept(tmp_path: Path) -> None:
    """Half-written folders of a process that died do not pile up."""
    half = tmp_path / ".building-abc"
    half.mkdir()
    (half / "pnet.onnx").write_bytes(b"half")
    folder = build_default_pack(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {folder.name, ".lock"}


def test_processes_that_build_at_once_share_one_pack(tmp_path: Path, pack_folder: Path) -> None:
    """Three starts at the same moment: all succeed and see the same files."""
    command = [sys.executable, "-c", BUILD, str(tmp_path)]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    said = [process.communicate(timeout=60)[0].strip() for process in running]
    assert [process.returncode for process in running] == [0, 0, 0]
    assert set(said) == {str(default_pack_folder(tmp_path))}
    assert contents(default_pack_folder(tmp_path)) == contents(pack_folder)


def test_a_build_waits_for_the_one_that_is_running(tmp_path: Path) -> None:
    """While another process holds the lock, the caller says that it waits."""
    waiting = threading.Event()
    steps: list[str] = []

    def progress(step: str, _part: float) -> None:
        steps.append(step)
        waiting.set()

    with (tmp_path / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        builder = threading.Thread(target=build_default_pack, args=(tmp_path, progress))
        builder.start()
        assert waiting.wait(10)
        assert not default_pack_folder(tmp_path).exists()
        assert steps == ["waiting for another process"]
    builder.join(30)
    assert verify_pack(default_pack_folder(tmp_path))


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int) -> None:
    """The disk fills up while the embedder, the largest file, is written."""
    write = Path.write_bytes

    def full(path: Path, data: bytes) -> int:
        if path.name == "embedder.onnx":
            write(path, data[:1000])
            raise OSError(code, os.strerror(code))
        return write(path, data)

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(StorageFull, match="face pack"):
        build_default_pack(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [".lock"]
    monkeypatch.undo()
    assert verify_pack(build_default_pack(tmp_path))


def test_a_place_that_cannot_be_written_is_a_wrong_setting(tmp_path: Path) -> None:
    """A file stands where the folder should be."""
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(SettingInvalid, match="cache_dir"):
        build_default_pack(tmp_path / "file" / "packs")


def test_missing_weights_name_the_remedy() -> None:
    """The error says which file of which package, and what to install."""
    with pytest.raises(WeightsUnavailable, match=r"pip install mtcnn==1\.0\.0.*w\.bin of no_such_package"):
        _Source("no_such_package", "w.bin", "0" * 64).read()
    with pytest.raises(WeightsUnavailable, match=r"w\.bin of mtcnn"):
        _Source("mtcnn", "w.bin", "0" * 64).read()


def test_weights_of_another_release_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A package of the right name with other bytes; it is found without being imported."""
    package = tmp_path / "weights_of_someone"
    package.mkdir()
    (package / "__init__.py").write_text("raise RuntimeError('imported')")
    (package / "w.bin").write_bytes(b"weights")
    monkeypatch.syspath_prepend(tmp_path)
    sha256 = hashlib.sha256(b"weights").hexdigest()
    assert _Source("weights_of_someone", "w.bin", sha256).read() == b"weights"
    with pytest.raises(WeightsUnavailable, match="not that of the release"):
        _Source("weights_of_someone", "w.bin", "0" * 64).read()


def test_the_packages_are_never_imported(tmp_path: Path) -> None:
    """Their imports would need TensorFlow and pkg_resources; a build works without, and opens no connection."""
    program = (
        "import socket, sys; socket.socket = None\n"
        f"sys.argv = ['', {str(tmp_path)!r}]\n{BUILD}\n"
        "names = {name.split('.')[0] for name in sys.modules}\n"
        "print(sorted(names & {'mtcnn', 'face_recognition_models', 'joblib', 'tensorflow', 'dlib', 'pkg_resources'}))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[-1] == "[]"
