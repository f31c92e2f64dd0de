"""Frames of a video file."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, BinaryIO

import av
import numpy as np
from av.error import FFmpegError
from numpy.typing import NDArray

from visavis.errors import VideoRefused
from visavis.types import Frame

MAX_BYTES = 4 * 2**30
MAX_PIXELS = 3840 * 2160
# Only formats that hold their own pictures: a play list would make FFmpeg open other files and addresses.
FORMATS = "matroska,webm,mov,mp4,m4a,3gp,3g2,mj2,avi,mpegts,mpeg,flv,ogg,gif"
_FAILURES = (FFmpegError, OSError, ValueError)  # a damaged file also makes FFmpeg seek to places that are none
_SILENT = ("gif", "mpegts")  # formats whose decoders show a picture that is cut in two as if it were whole
_EARLY_S = 0.001  # containers round times to milliseconds
_EBML_HEADER = bytes.fromhex("1a45dfa3")
_EBML_SEGMENT = bytes.fromhex("18538067")


def read_video(path: Path, *, source: str, clock_start: datetime, max_fps: float = 30.0) -> Iterator[Frame]:
    """The frames of a video file, in order and upright; one at a time is in memory.

    A file that is cut off or damaged gives its frames up to there; then the error says after which.

    Args:
        path: at most `MAX_BYTES`, in one of `FORMATS` (FFmpeg's names), pictures of at most `MAX_PIXELS`.
        source: name of the camera, for `Frame.source`.
        clock_start: when the first frame was taken; the others follow by the file's own times.
        max_fps: frames that come faster are left out.

    Raises:
        VideoRefused: on the call, when this is no video; from the iterator, when the video ends before it should.
    """
    with _opened(path):
        return _frames(path, source=source, clock_start=clock_start, max_fps=max_fps)


def _frames(path: Path, *, source: str, clock_start: datetime, max_fps: float) -> Iterator[Frame]:
    with _opened(path) as (file, container):
        stream = container.streams.video[0]
        rate = float(stream.guessed_rate or 25)
        begin = due = None
        cut_off = _is_cut_off(file, container.format.name)
        pictures = _pictures(container)
        if cut_off and container.format.name in _SILENT:
            pictures = _without_last(pictures)
        count = 0
        try:
            for picture in pictures:
                seconds = count / rate if picture.pts is None else float(picture.pts * stream.time_base)
                begin = seconds if begin is None else begin
                due = seconds if due is None else due
                count += 1
                if seconds >= due - _EARLY_S:
                    due = max(due, seconds - 1 / max_fps) + 1 / max_fps
                    at = clock_start + timedelta(seconds=max(0.0, seconds - begin))
                    yield Frame(pixels=_upright(picture), source=source, captured_at=at)
        except _FAILURES as failure:
            raise VideoRefused(f"{path.name}: cut off or damaged after frame {count}") from failure
        if cut_off or count == 0:
            raise VideoRefused(f"{path.name}: cut off after frame {count}")


@contextmanager
def _opened(path: Path) -> Iterator[tuple[BinaryIO, Any]]:
    try:
        if not path.is_file():
            raise VideoRefused(f"{path.name} is not a file")
        if path.stat().st_size > MAX_BYTES:
            raise VideoRefused(f"{path.name} has more than {MAX_BYTES // 2**30} GiB")
        file = path.open("rb")
    except OSError as failure:
        raise VideoRefused(f"{path.name} cannot be read: {failure.strerror}") from failure
    with file, _container(file, path.name) as container:
        yield file, container


def _container(file: BinaryIO, name: str) -> Any:
    try:
        # titles and makers' names come in any encoding, and nobody here reads them
        container = av.open(file, options={"format_whitelist": FORMATS}, metadata_errors="replace")
    except _FAILURES as failure:
        raise VideoRefused(f"{name} is not a video, or was never finished") from failure
    streams = container.streams.video
    if not streams or streams[0].codec_context is None:
        container.close()
        raise VideoRefused(f"{name} holds no pictures that can be decoded")
    streams[0].thread_type = "NONE"  # with threads, decoders do not say which pictures are incomplete
    streams[0].codec_context.options = {"max_pixels": str(MAX_PIXELS)}
    return container


def _pictures(container: Any) -> Iterator[Any]:
    """Decoded pictures until the end; raises FFmpegError after the last good one when there is damage."""
    stream = container.streams.video[0]
    try:
        for packet in container.demux(stream):
            if packet.is_corrupt:
                raise av.error.InvalidDataError(0, "incomplete packet")
            yield from _sound(packet.decode())
    except _FAILURES:
        with suppress(*_FAILURES):
            yield from _sound(stream.codec_context.decode(None))  # those that waited for their turn
        raise


def _sound(pictures: list[Any]) -> Iterator[Any]:
    for picture in pictures:
        if picture.is_corrupt:
            raise av.error.InvalidDataError(0, "incomplete picture")
        yield picture


def _without_last(pictures: Iterator[Any]) -> Iterator[Any]:
    before = next(pictures, None)
    for picture in pictures:
        yield before
        before = picture


def _upright(picture: Any) -> NDArray[np.uint8]:
    pixels: NDArray[np.uint8] = picture.to_ndarray(format="rgb24")
    return np.ascontiguousarray(np.rot90(pixels, k=picture.rotation // 90))


def _is_cut_off(file: BinaryIO, container_format: str) -> bool:
    """Whether the file is shorter than it says; for the formats where FFmpeg takes a cut for the end."""
    back = file.tell()
    length = file.seek(0, 2)
    file.seek(0)
    head = file.read(256)
    file.seek(-1, 2)
    last = file.read(1)
    file.seek(back)
    match container_format:
        case "gif":
            return last != b";"
        case "avi":
            return 8 + int.from_bytes(head[4:8], "little") > length
        case "mpegts":
            return length % (188 if head.startswith(b"G") else 192) > 0
        case "matroska,webm":
            return _is_matroska_cut_off(head, length)
        case _:
            return False


def _is_matroska_cut_off(head: bytes, file_length: int) -> bool:
    """Compare the segment's length with the file's (RFC 8794, section 6: lengths; RFC 9559, section 5.1: segment)."""
    if not head.startswith(_EBML_HEADER):
        return False
    at = head.find(_EBML_SEGMENT)
    if at < 0 or at + 5 > len(head) or head[at + 4] == 0:
        return False
    length = 9 - head[at + 4].bit_length()  # bytes of the length; leading zero bits say how many
    size = int.from_bytes(head[at + 4 : at + 4 + length], "big") - (1 << 7 * length)
    unknown = (1 << 7 * length) - 1  # a live recording
    return size != unknown and at + 4 + length + size > file_length
