"""Readers of cameras: the newest frame, the pace, and coming back after every kind of trouble."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from loopback_cameras import (
    WallClock,
    closed_port,
    document,
    film,
    grey_of,
    http_camera,
    jpeg,
    motion_jpeg,
    picture,
    rtsp_camera,
    silent_camera,
)

from visavis.perception.address import camera_address
from visavis.perception.container import Trouble
from visavis.perception.film import write_film
from visavis.perception.stream import Pace, Stream, _Decoder, _Gate, backoff_s
from visavis.types import Frame

ALL = Pace(max_fps=60, stall_s=3)
HASTY = Pace(max_fps=60, stall_s=0.5)


@contextmanager
def reading(address: str | Path, pace: Pace = ALL) -> Iterator[Stream]:
    stream = Stream(
        name="door", address=camera_address(str(address)), pace=pace, clock=WallClock(), rng=np.random.default_rng(0)
    )
    stream.start()
    try:
        yield stream
    finally:
        stream.stop()
        assert stream.join(5.0)


def until(condition: Callable[[], Any], within_s: float = 5.0) -> None:
    ends = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < ends, "waited too long"
        time.sleep(0.005)


def frames_of(stream: Stream, count: int) -> list[Frame]:
    """The next frames, each taken as soon as it is there."""
    taken: list[Frame] = []

    def enough() -> bool:
        frame = stream.take()
        if frame is not None:
            taken.append(frame)
        return len(taken) == count

    until(enough)
    return taken


def levels(frames: list[Frame]) -> list[float]:
    return [float(frame.pixels.mean()) for frame in frames]


# ------ films


def test_a_film_is_played_at_its_own_pace(tmp_path: Path) -> None:
    """Ten pictures at 20 a second: in order, RGB, 50 ms apart; then the stream has ended."""
    with reading(film(tmp_path / "film.mkv", frames=10)) as stream:
        frames = frames_of(stream, 10)
        until(lambda: stream.state.trouble)
        assert stream.join(1.0)
    np.testing.assert_allclose(levels(frames), [grey_of(k) for k in range(10)], atol=4)
    assert {(f.source, f.pixels.shape) for f in frames} == {("door", (80, 96, 3))}
    apart = [(b.captured_at - a.captured_at).total_seconds() for a, b in pairwise(frames)]
    np.testing.assert_allclose(apart, 0.05, atol=0.002)
    assert (stream.state.trouble, stream.state.connected, stream.state.dropped) == (Trouble.ENDED, False, 0)


def test_only_the_newest_frame_waits(tmp_path: Path) -> None:
    """Who comes late gets the last of eight pictures; the seven before it are dropped, not queued."""
    with reading(film(tmp_path / "film.mkv", frames=8)) as stream:
        until(lambda: stream.state.offered == 8)
        frame = stream.take()
        assert frame is not None
        assert stream.take() is None
        assert float(frame.pixels.mean()) == pytest.approx(grey_of(7), abs=4)
        assert stream.state.dropped == 7
        newest = stream.newest()
        assert newest is not None
        assert newest.captured_at == frame.captured_at


def test_a_film_that_is_repeated_never_ends(tmp_path: Path) -> None:
    """Its times go on rising, and no trouble is told."""
    with reading(film(tmp_path / "film.mkv", frames=4), Pace(max_fps=60, loop=True)) as stream:
        frames = frames_of(stream, 10)
        assert (stream.state.trouble, stream.state.connected, stream.state.reconnects) == (None, True, 0)
    np.testing.assert_allclose(levels(frames), [grey_of(k % 4) for k in range(10)], atol=4)
    assert all(a.captured_at < b.captured_at for a, b in pairwise(frames))


@pytest.mark.parametrize(
    ("pace", "wanted"),
    [(Pace(max_fps=10), [0, 2, 4, 6]), (Pace(max_fps=60, every=3), [0, 3, 6]), (Pace(max_fps=4), [0, 5])],
)
def test_no_more_frames_than_the_budget(tmp_path: Path, pace: Pace, wanted: list[int]) -> None:
    """Eight pictures at 20 a second: 10 a second is each second one; at 4 a second its key frames are enough."""
    with reading(film(tmp_path / "film.mkv", frames=8), pace) as stream:
        frames = frames_of(stream, len(wanted))
        until(lambda: stream.state.trouble)
        assert stream.state.offered == len(wanted)
    np.testing.assert_allclose(levels(frames), [grey_of(k) for k in wanted], atol=4)


def test_what_nobody_wants_is_not_decoded(tmp_path: Path) -> None:
    """A film of 40 pictures with a key frame each quarter of a second: at two a second at most every key is decoded."""
    path = film(tmp_path / "film.mkv", frames=20)
    decoded = 0
    with av.open(str(path)) as container:
        decoder = _Decoder(container.streams.video[0].codec_context, Pace(max_fps=2))
        for packet in container.demux(video=0):
            decoded += len(decoder.feed(packet, soon=packet.is_keyframe))
    assert 4 <= decoded <= 4 + 5 * 2  # the first two groups teach it how often keys come


@pytest.mark.parametrize("content", [b"", b"no film", b"#EXTM3U\n#EXT-X-TARGETDURATION:1\nfile:///etc/passwd\n"])
def test_a_file_that_is_no_film(tmp_path: Path, content: bytes) -> None:
    """A play list is none either: it would name other files."""
    (tmp_path / "film.mkv").write_bytes(content)
    with reading(tmp_path / "film.mkv") as stream:
        until(lambda: stream.state.trouble)
        assert stream.state.trouble in {Trouble.NOT_A_VIDEO, Trouble.LOST}
        assert not stream.state.connected


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return film(tmp_path_factory.mktemp("film") / "film.mkv", frames=4, fps=60).read_bytes()


@given(at=st.integers(0, 4000), noise=st.binary(min_size=1, max_size=12))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_damaged_film_never_ends_the_reader_in_disorder(sound: bytes, tmp_path: Path, at: int, noise: bytes) -> None:
    """Whatever bytes are wrong: frames, a trouble that has a name, and no more pictures than there were."""
    at %= len(sound)
    (tmp_path / "film.mkv").write_bytes(sound[:at] + noise + sound[at + len(noise) :])
    with reading(tmp_path / "film.mkv", Pace(max_fps=60, stall_s=1)) as stream:
        until(lambda: stream.state.trouble or not stream.state.offered < 4)
        stream.take()
    assert stream.state.offered <= 4


def test_times_that_make_no_sense_are_not_waited_for(tmp_path: Path) -> None:
    """The second picture is an hour after the first: it is not waited for, and those after it follow."""
    with av.open(str(tmp_path / "film.mkv"), "w") as container:
        encoder = container.add_stream("mpeg4", rate=10)
        encoder.width, encoder.height, encoder.pix_fmt = 96, 80, "yuv420p"
        for tenths in (0, 36000, 36001, 36002, 36003):
            shown = av.VideoFrame.from_ndarray(picture(90), format="rgb24").reformat(format="yuv420p")
            shown.pts = tenths
            container.mux(encoder.encode(shown))
        container.mux(encoder.encode())
    with reading(tmp_path / "film.mkv") as stream:
        until(lambda: stream.state.offered >= 4)


def test_a_clock_that_is_set_back_does_not_blind_a_camera() -> None:
    """The budget begins anew."""
    gate, noon = _Gate(Pace(max_fps=5)), WallClock().now()
    assert gate.passes(noon)
    assert not gate.passes(noon + timedelta(seconds=0.1))
    assert gate.passes(noon - timedelta(hours=1))
    assert not gate.passes(noon - timedelta(hours=1, seconds=-0.1))


def test_pictures_beyond_the_bound_are_refused(tmp_path: Path) -> None:
    """4096 x 2304 pixels are more than 3840 x 2160."""
    size = (4096, 2304)
    write_film(tmp_path / "film.mkv", [picture(90, (64, 36))], fps=20, size=size)
    with reading(tmp_path / "film.mkv") as stream:
        until(lambda: stream.state.trouble)
        assert (stream.state.trouble, stream.state.offered) == (Trouble.TOO_LARGE, 0)


# ------ motion JPEG


def test_motion_jpeg(capfd: pytest.CaptureFixture[str]) -> None:
    """Pictures come as they are sent; those that are not taken are dropped; nothing is printed."""
    with http_camera(motion_jpeg([jpeg(grey_of(k)) for k in range(10)], times=3)) as url, reading(url) as stream:
        frames = frames_of(stream, 12)
        assert stream.state.connected
        until(lambda: stream.state.dropped > 3)
    steps = np.diff(levels(frames)[3:]) % 80  # those that came while it connected came together
    np.testing.assert_allclose(steps, 8, atol=2)
    assert capfd.readouterr() == ("", "")


def test_a_damaged_jpeg_is_counted_and_the_next_one_taken() -> None:
    """A part that is no picture costs only itself."""
    parts = [jpeg(100), b"\xff\xd8 not a picture \xff\xd9"]
    with http_camera(motion_jpeg(parts, times=20)) as url, reading(url) as stream:
        until(lambda: stream.take() is None and stream.state.damaged > 1)
        assert float(frames_of(stream, 1)[0].pixels.mean()) == pytest.approx(100, abs=2)


def test_a_camera_that_hangs_up_is_called_again() -> None:
    """Five pictures a connection; the back-off begins at half a second at most."""
    with http_camera(motion_jpeg([jpeg(50)] * 5)) as url, reading(url) as stream:
        frames_of(stream, 1)
        until(lambda: stream.state.reconnects and stream.state.offered > 5)
        assert stream.state.trouble is Trouble.LOST


PLAYLIST = b"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nfile:///etc/hostname\n"


@pytest.mark.parametrize(
    ("answer", "trouble"),
    [
        (document(b"who are you?", "text/plain", 401), Trouble.LOCKED),
        (document(b"not you", "text/plain", 403), Trouble.LOCKED),
        (document(b"where?", "text/plain", 404), Trouble.NOT_FOUND),
        (document(b"<html>hello</html>" * 99, "text/html"), Trouble.NOT_A_VIDEO),
        (document(PLAYLIST, "application/vnd.apple.mpegurl"), Trouble.NOT_A_VIDEO),
        (document(b"", "text/plain", 302, Location="file:///etc/hostname"), None),
    ],
)
def test_an_http_camera_that_is_none(answer: Any, trouble: Trouble | None) -> None:
    """The trouble is one word; neither play lists nor redirections open files."""
    with http_camera(answer) as url, reading(url) as stream:
        until(lambda: stream.state.trouble)
        assert trouble in {None, stream.state.trouble}
        assert stream.state.offered == 0


def test_a_camera_that_stops_in_the_middle_is_stalled() -> None:
    """It sends six pictures and then holds its breath for longer than `stall_s`."""

    def answer(request: Any) -> None:
        motion_jpeg([jpeg(50)] * 6)(request)
        time.sleep(1.5)

    with http_camera(answer) as url, reading(url, HASTY) as stream:
        frames_of(stream, 1)
        until(lambda: stream.state.trouble is Trouble.STALLED, within_s=3)
        assert not stream.state.connected


# ------ RTSP


def test_rtsp() -> None:
    """H.264 over RTP inside the RTSP connection; when the camera hangs up, it is called again."""
    with rtsp_camera(frames=20) as url, reading(url) as stream:
        frames = frames_of(stream, 4)
        until(lambda: stream.state.reconnects and stream.state.offered > 14)
        assert stream.state.trouble in {Trouble.LOST, Trouble.STALLED}
    assert set(np.round((np.array(levels(frames)) - 40) / 8).astype(int)) <= set(range(20))
    np.testing.assert_allclose(np.array(levels(frames)) % 8, 0, atol=9)


def test_rtsp_where_nothing_listens(capfd: pytest.CaptureFixture[str]) -> None:
    """Refused, again and again, with growing pauses; the password is nowhere."""
    with reading(f"rtsp://admin:s3cr3t@127.0.0.1:{closed_port()}/live") as stream:
        until(lambda: stream.state.reconnects >= 2)
        assert stream.state.trouble is Trouble.REFUSED
        assert "s3cr3t" not in repr(vars(stream))
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("scheme", ["rtsp", "http"])
def test_a_machine_that_accepts_and_never_answers(scheme: str) -> None:
    """Given up after `stall_s`, half a second here."""
    begin = time.monotonic()
    with silent_camera() as port, reading(f"{scheme}://admin:s3cr3t@127.0.0.1:{port}/live", HASTY) as stream:
        until(lambda: stream.state.trouble)
        assert stream.state.trouble is Trouble.STALLED
    assert time.monotonic() - begin < 3


# ------ back-off


@pytest.mark.parametrize(("failures", "longest_s"), [(0, 0.5), (1, 0.5), (2, 1.0), (4, 4.0), (7, 30.0), (10**6, 30.0)])
def test_pauses_double_up_to_half_a_minute(failures: int, longest_s: float) -> None:
    """Each is shortened by up to a half, so that cameras that fell together do not come back together."""
    rng = np.random.default_rng(0)
    pauses = [backoff_s(failures, rng) for _ in range(200)]
    assert longest_s / 2 <= min(pauses) < 0.6 * longest_s
    assert 0.9 * longest_s < max(pauses) <= longest_s


@pytest.mark.parametrize("wrong", [{"max_fps": 0.0}, {"max_fps": 61}, {"every": 0}, {"stall_s": 1000}])
def test_a_pace_is_bounded(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="must be in"):
        Pace(**wrong)
