"""What a user installs: the wheel holds everything that a running site reads, and nothing else."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def names(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Files of a freshly built wheel."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        return archive.namelist()


@pytest.mark.parametrize(
    "needed",
    [
        "visavis/py.typed",
        "visavis/server/kiosk/index.html",
        "visavis/server/player/index.html",
        "visavis/scenarios/retail/pack.yaml",
        "visavis/scenarios/retail/art/store.svg",
        "visavis/perception/packs/default_face.json",
        "visavis/storage/sql/events.sql",
    ],
)
def test_the_wheel_holds_what_a_site_reads(names: list[str], needed: str) -> None:
    """Pages, packs, manifests and SQL travel inside the package."""
    assert needed in names


def test_the_wheel_holds_no_weights_and_no_notes(names: list[str]) -> None:
    """Weights come from their own packages; licence and notice come along."""
    assert not [n for n in names if n.endswith((".onnx", ".dat", ".lz4", ".txt", ".pyc")) and "dist-info" not in n]
    assert any(n.endswith("licenses/LICENSE") for n in names)
    assert any(n.endswith("licenses/NOTICE") for n in names)
