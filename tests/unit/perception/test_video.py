"""Video files: frames with their times, and what happens where a file ends too early or is none."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from visavis.errors import VideoRefused
from visavis.perception import video
from visavis.perception.video import read_video
from visavis.types import Frame

START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
CLIPS = Path(__file__).parents[4] / "shared" / "data" / "video"
FORMATS = ["film.mkv", "film.avi", "film.mp4", "film.ts", "film.gif"]
FRAMES, RATE = 20, 10


def grey_of(number: int) -> int:
    return 40 + 8 * number


def film(path: Path, *, frames: int = FRAMES, size: tuple[int, int] = (96, 80), **options: str) -> Path:
    """Frame k is grey level 40 + 8 k; the lower half is noise, so that every frame has some length."""
    noise = np.random.default_rng(0)
    with av.open(str(path), "w", options=options) as container:
        gif = path.suffix == ".gif"
        stream = container.add_stream("gif" if gif else "mpeg4", rate=RATE)
        stream.width, stream.height = size
        stream.pix_fmt = "rgb8" if gif else "yuv420p"
        stream.codec_context.gop_size = 5
        for number in range(frames):
            pixels = noise.integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
            pixels[: size[1] // 2] = grey_of(number)
            picture = av.VideoFrame.from_ndarray(pixels, format="rgb24")
            picture.pts = number
            container.mux(stream.encode(picture))
        container.mux(stream.encode())
    return path


def read(path: Path, **options: float) -> tuple[list[Frame], str]:
    """The frames, and the detail of the refusal that followed them, empty when none did."""
    frames: list[Frame] = []
    try:
        for frame in read_video(path, source="door", clock_start=START, **options):
            frames.append(frame)  # noqa: PERF402 - those before a refusal count
    except VideoRefused as refused:
        return frames, refused.detail
    return frames, ""


def levels(frames: list[Frame]) -> list[float]:
    return [float(frame.pixels[8:16].mean()) for frame in frames]


@pytest.mark.parametrize("name", FORMATS)
def test_frames_and_times(tmp_path: Path, name: str, capfd: pytest.CaptureFixture[str]) -> None:
    """20 frames at 10 a second: in order, RGB, with the file's own times from the given start; nothing is printed."""
    frames, detail = read(film(tmp_path / name))
    assert (len(frames), detail) == (FRAMES, "")
    assert {frame.source for frame in frames} == {"door"}
    assert {frame.pixels.shape for frame in frames} == {(80, 96, 3)}
    np.testing.assert_allclose(levels(frames), [grey_of(k) for k in range(FRAMES)], atol=20)
    for number, frame in enumerate(frames):
        assert abs(frame.captured_at - START - timedelta(seconds=number / RATE)) < timedelta(milliseconds=2)
    assert capfd.readouterr() == ("", "")


def test_colours_are_rgb(tmp_path: Path) -> None:
    """A red film is red."""
    with av.open(str(tmp_path / "red.mkv"), "w") as container:
        stream = container.add_stream("mpeg4", rate=RATE)
        stream.width = stream.height = 32
        stream.pix_fmt = "yuv420p"
        red = np.zeros((32, 32, 3), np.uint8)
        red[..., 0] = 255
        container.mux(stream.encode(av.VideoFrame.from_ndarray(red, format="rgb24")))
        container.mux(stream.encode())
    (frame,), _ = read(tmp_path / "red.mkv")
    np.testing.assert_allclose(frame.pixels.mean(axis=(0, 1)), [255, 0, 0], atol=5)


@pytest.mark.parametrize(("max_fps", "kept"), [(10.0, 20), (5.0, 10), (4.0, 8), (1.0, 2), (100.0, 20)])
def test_no_more_frames_than_asked_for(tmp_path: Path, max_fps: float, kept: int) -> None:
    """Two seconds at 5 frames a second are 10 frames, at least 0.2 s apart, up to the file's own rounding."""
    frames, _ = read(film(tmp_path / "film.mkv"), max_fps=max_fps)
    assert len(frames) == kept
    times = [frame.captured_at for frame in frames]
    apart = [(b - a).total_seconds() for a, b in pairwise(times)]
    assert min(apart) >= min(0.1, 1 / max_fps) - 0.051


@pytest.mark.parametrize("name", ["film.mkv", "film.avi", "film.gif", "fast.mp4"])
@pytest.mark.parametrize("part", [0.5, 0.7, 0.95])
def test_a_file_that_ends_in_a_frame(tmp_path: Path, name: str, part: float) -> None:
    """The good frames come first, unspoilt; then the error says after which of them."""
    options = {"movflags": "faststart"} if name == "fast.mp4" else {}
    whole = film(tmp_path / name, **options).read_bytes()
    cut = tmp_path / f"cut-{name}"
    cut.write_bytes(whole[: int(part * len(whole))])
    frames, detail = read(cut)
    assert 0 < len(frames) < FRAMES
    assert detail.endswith(f"after frame {len(frames)}")
    assert cut.name in detail
    np.testing.assert_allclose(levels(frames), [grey_of(k) for k in range(len(frames))], atol=20)


def test_frames_that_waited_for_their_turn_are_not_lost(tmp_path: Path) -> None:
    """H.264 shows pictures in another order than it stores them: only the one that was cut is missing."""
    options = {"movflags": "faststart"}
    path = tmp_path / "film.mp4"
    with av.open(str(path), "w", options=options) as container:
        stream = container.add_stream("libx264", rate=RATE)
        stream.width, stream.height, stream.pix_fmt = 96, 80, "yuv420p"
        for number in range(FRAMES):
            pixels = np.random.default_rng(number).integers(0, 256, (80, 96, 3), dtype=np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        container.mux(stream.encode())
    path.write_bytes(path.read_bytes()[:-1])
    frames, detail = read(path)
    assert len(frames) == FRAMES - 1
    assert detail.endswith(f"after frame {FRAMES - 1}")


def test_a_broadcast_that_ends_in_a_packet(tmp_path: Path) -> None:
    """Transport streams may be cut anywhere between packets; inside one, the film says where it broke."""
    whole = film(tmp_path / "film.ts").read_bytes()
    assert len(whole) % 188 == 0
    (tmp_path / "cut.ts").write_bytes(whole[: len(whole) // 376 * 188 + 100])
    frames, detail = read(tmp_path / "cut.ts")
    assert 0 < len(frames) < FRAMES
    assert detail.endswith(f"after frame {len(frames)}")


def test_an_mp4_that_was_never_finished(tmp_path: Path) -> None:
    """Its index stands at the end and is missing: refused on the call, before any frame."""
    whole = film(tmp_path / "film.mp4").read_bytes()
    (tmp_path / "cut.mp4").write_bytes(whole[:-500])
    with pytest.raises(VideoRefused, match="never finished"):
        read_video(tmp_path / "cut.mp4", source="door", clock_start=START)


@pytest.mark.parametrize(
    "content",
    [b"", b"hello", b"#EXTM3U\n#EXTINF:1,\nfile:///etc/hostname\n", b"ffconcat version 1.0\nfile '/etc/hostname'\n"],
    ids=["empty", "text", "play list", "list of files"],
)
def test_what_is_no_video_is_refused_at_once(tmp_path: Path, content: bytes) -> None:
    """On the call, not on the first frame; lists never make another file be opened."""
    path = tmp_path / "film.mp4"
    path.write_bytes(content)
    with pytest.raises(VideoRefused, match=r"film\.mp4 is not a video"):
        read_video(path, source="door", clock_start=START)


def test_sound_only(tmp_path: Path) -> None:
    """A film without pictures."""
    with av.open(str(tmp_path / "sound.mkv"), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=8000)
        sound = av.AudioFrame.from_ndarray(np.zeros((1, 800), np.int16), format="s16", layout="mono")
        sound.sample_rate = 8000
        container.mux(stream.encode(sound))
        container.mux(stream.encode())
    with pytest.raises(VideoRefused, match="no pictures"):
        read_video(tmp_path / "sound.mkv", source="door", clock_start=START)


def test_what_is_no_file(tmp_path: Path) -> None:
    """A folder, a missing file, a device that never ends."""
    for path in (tmp_path, tmp_path / "missing.mp4", Path("/dev/zero")):
        with pytest.raises(VideoRefused, match="is not a file"):
            read_video(path, source="door", clock_start=START)


def test_bounds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files and pictures that are too large give no frame."""
    path = film(tmp_path / "film.mkv")
    monkeypatch.setattr(video, "MAX_PIXELS", 96 * 80 - 1)
    frames, detail = read(path)
    assert (frames, bool(detail)) == ([], True)
    monkeypatch.setattr(video, "MAX_BYTES", 1000)
    with pytest.raises(VideoRefused, match="GiB"):
        read_video(path, source="door", clock_start=START)


def test_an_iterator_that_is_never_asked_leaves_nothing_open(tmp_path: Path) -> None:
    """Warnings are errors here, one about an open file too."""
    read_video(film(tmp_path / "film.mkv"), source="door", clock_start=START)


@given(st.data())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_mutated_videos(tmp_path: Path, data: st.DataObject) -> None:
    """Frames, VideoRefused, or both; nothing else."""
    name = data.draw(st.sampled_from(FORMATS))
    path = tmp_path / name
    content = bytearray((path if path.exists() else film(path, frames=6)).read_bytes())
    for at in data.draw(st.lists(st.integers(0, len(content) - 1), max_size=20)):
        content[at] = data.draw(st.integers(0, 255))
    mutant = tmp_path / f"mutant-{name}"
    mutant.write_bytes(content[: data.draw(st.integers(1, len(content)))])
    frames, _ = read(mutant)
    assert all(frame.pixels.dtype == np.uint8 for frame in frames)


@pytest.mark.shared_data
@pytest.mark.skipif(not CLIPS.is_dir(), reason="the public test data do not lie beside the checkout")
@pytest.mark.parametrize(
    ("name", "frames", "size"),
    [
        ("face-demographics-walking.gif", 35, (270, 480, 3)),
        ("head-pose-face-detection-female.gif", 23, (270, 480, 3)),
        ("thanks.mkv", 51, (480, 640, 3)),
        ("yes.mkv", 65, (480, 640, 3)),
    ],
)
def test_clips_from_the_world(name: str, frames: int, size: tuple[int, ...]) -> None:
    """Whole, as long as FFmpeg's own count."""
    found, detail = read(CLIPS / name)
    assert (len(found), detail) == (frames, "")
    assert found[-1].pixels.shape == size
