"""`visavis bench faces` and `visavis evaluate` as a user runs them."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image
from typer.testing import CliRunner

from visavis.cli.app import app


def ran(*arguments: str) -> dict:
    shown = CliRunner().invoke(app, [*arguments, "--json"])
    assert shown.exit_code == 0, shown.output
    return json.loads(shown.stdout)


def test_bench_faces_measures_both_programs(pack_cache: Path) -> None:
    """Two frames, one round; the peer is beside it where it is installed, and else the note says how to get it."""
    found = ran("bench", "faces", "--most", "2", "--rounds", "1", "--cache-dir", str(pack_cache))
    assert found["ours"]["faces"] >= 2
    assert found["ours"]["faces_per_s"]["median"] > 0
    assert (found["peer"] is None) == ("pip install" in found["note"])
    assert set(found["batch_ms"]) == {"1", "8", "32"}


def test_bench_privacy_measures_every_promise() -> None:
    """Small amounts, one round: each figure is there, and a gate of 1 ms is kept with room to spare."""
    found = ran("bench", "privacy", "--rounds", "1", "--entries", "1000", "--templates", "10", "--members", "2")
    values = [figure["value"]["median"] for figure in found]
    assert len(found) == 12
    assert all(value > 0 for value in values)
    gate = next(figure for figure in found if figure["what"].startswith("gate") and figure["what"].endswith("p99"))
    assert gate["target"] == "≤ 1"
    assert gate["value"]["median"] < 1


@pytest.fixture
def people(tmp_path: Path, hopper: bytes, collins: bytes) -> Path:
    """Two people with two pictures each: the portrait, and the same a little smaller."""
    for name, photo in (("Collins", collins), ("Hopper", hopper)):
        folder = tmp_path / "people" / name
        folder.mkdir(parents=True)
        (folder / f"{name}_0001.jpg").write_bytes(photo)
        with Image.open(folder / f"{name}_0001.jpg") as picture:
            size = (picture.width * 2 // 3, picture.height * 2 // 3)
            picture.convert("RGB").resize(size).save(folder / f"{name}_0002.jpg")
    return tmp_path / "people"


def test_evaluate_faces_on_everybody_and_on_pairs(people: Path, pack_cache: Path, tmp_path: Path) -> None:
    """Two genuine and four impostor pairs are all told right, and the plot is drawn."""
    plot = tmp_path / "det.svg"
    found = ran("evaluate", "faces", "--images", str(people), "--plot", str(plot), "--cache-dir", str(pack_cache))
    assert (found["pictures"], found["genuine"], found["impostor"]) == (4, 2, 4)
    assert found["without_face"] == []
    assert found["accuracy"] is None
    assert found["tars"][0]["tar"]["value"] == 1.0
    assert found["eer"]["value"] == 0.0
    assert plot.read_text().startswith("<?xml")
    pairs = tmp_path / "pairs.csv"
    pairs.write_text(
        "a,b,same\nHopper/Hopper_0001.jpg,Hopper/Hopper_0002.jpg,1\nHopper/Hopper_0001.jpg,Collins/Collins_0001.jpg,0\n"
    )
    found = ran("evaluate", "faces", "--images", str(people), "--pairs", str(pairs), "--cache-dir", str(pack_cache))
    assert (found["genuine"], found["impostor"]) == (1, 1)


def test_evaluate_identify_says_what_is_missing(people: Path, pack_cache: Path, refused: Callable) -> None:
    """One person is not a member and a stranger."""
    for photo in (people / "Collins").iterdir():
        photo.unlink()
    said = refused("evaluate", "identify", "--images", str(people), "--cache-dir", str(pack_cache))
    assert "at least two people" in said


@pytest.fixture
def refused() -> Callable:
    def run(*arguments: str) -> str:
        shown = CliRunner().invoke(app, list(arguments))
        assert shown.exit_code == 1
        return str(shown.exception)

    return run
