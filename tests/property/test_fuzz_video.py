"""Films and camera streams with damage of every kind: played up to the damage, or refused, and nothing worse."""

import os
import sys
from pathlib import Path

import numpy as np
import pytest
from fuzzing import fuzz
from sound_files import films, titled

from visavis.errors import CameraUnavailable
from visavis.perception.address import camera_address
from visavis.perception.container import Trouble, opened
from visavis.perception.video import read_video
from visavis.testing import T0
from visavis.testing.clock import FixedClock

COUNT = int(os.environ.get("VISAVIS_FUZZ", "400"))  # `make fuzz` asks for 10,000
# A picture of 8.3 megapixels, the two that it refers to, and its RGB: 75 MB; the rest is for the decoder.
MEMORY_MB = 400


def test_damaged_films_are_played_or_refused() -> None:
    """No crash, no untyped error, no input over the time limit, and bounded memory, in a process that may die."""
    found = fuzz("films", COUNT)
    sys.stdout.write(f"{found}\n")
    assert found.failed == []
    assert found.outcomes.total() == COUNT
    for outcome in ("file: decoded", "file: VideoRefused", "file: VideoRefused after frames", "camera: lost"):
        assert found.outcomes[outcome] > COUNT / 100, outcome  # each way was gone
    assert found.hungriest[0] < MEMORY_MB


@pytest.mark.parametrize("number", range(len(films())))
def test_what_the_damage_begins_from_is_sound(number: int, tmp_path: Path) -> None:
    """Every container and codec plays before it is damaged."""
    kind, content = films()[number]
    path = tmp_path / f"film.{kind}"
    path.write_bytes(content)
    frames = list(read_video(path, source="fuzz", clock_start=T0))
    assert len(frames) >= 4
    assert {(f.pixels.dtype, f.pixels.ndim, f.pixels.shape[2]) for f in frames} == {(np.dtype(np.uint8), 3, 3)}


@pytest.mark.parametrize("kind", ["flv", "matroska", "mp4"])
def test_titles_in_any_encoding_do_not_keep_a_film_from_playing(kind: str, tmp_path: Path) -> None:
    """Makers write GBK or Latin-1 where UTF-8 is due; as a file and as a camera it plays all the same."""
    sound = titled(kind, "title")
    path = tmp_path / "film"
    path.write_bytes(sound.replace(b"title", "标题".encode("gbk") + b"e"))
    assert b"title" in sound
    assert len(list(read_video(path, source="fuzz", clock_start=T0))) == 8
    with opened(camera_address(str(path)), stall_s=2.0, clock=FixedClock()) as container:
        assert len(container.streams.video) == 1


def test_a_damaged_file_is_not_called_unreachable(tmp_path: Path) -> None:
    """The word for a file that breaks off in its header is that it is no video, or was lost."""
    sound = next(content for kind, content in films() if kind == "matroska")
    words = set()
    for length in range(0, len(sound), 40):
        path = tmp_path / "film.mkv"
        path.write_bytes(sound[:length])
        try:
            with opened(camera_address(str(path)), stall_s=2.0, clock=FixedClock()):
                words.add("opened")
        except CameraUnavailable as refused:
            words.add(refused.detail)
    assert "opened" in words
    assert words & {Trouble.NOT_A_VIDEO, Trouble.LOST}
    assert Trouble.UNREACHABLE not in words
