"""Opening a camera or a film with FFmpeg: what it may read, how long it may take, and what went wrong, in one word."""

import errno
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Any

import av
from av import error as ffmpeg

from visavis.errors import CameraUnavailable
from visavis.perception.address import CameraAddress, Kind
from visavis.perception.video import FORMATS, MAX_BYTES, MAX_PIXELS
from visavis.ports import Clock

_TITLES = "replace"  # titles and makers' names come in any encoding, and nobody here reads them
FAILURES = (ffmpeg.FFmpegError, OSError, ValueError)
_LIVE = {
    "fflags": "nobuffer",
    "flags": "low_delay",
    "probesize": "1000000",
    "analyzeduration": "2000000",  # microseconds
    "fpsprobesize": "0",  # frames are stamped as they come, so the rate need not be known
}


class Trouble(StrEnum):
    """Why a camera gives no pictures."""

    UNREACHABLE = "unreachable"  # no such host, or no way there
    REFUSED = "refused"  # the machine is there, nothing listens
    LOCKED = "locked"  # user or password is wrong, or missing
    NOT_FOUND = "not_found"  # the path of the address is wrong, or the file has gone
    STALLED = "stalled"  # connected, and no picture in time
    NOT_A_VIDEO = "not_a_video"
    TOO_LARGE = "too_large"  # a file of more than 4 GiB, or pictures of more than 8.3 megapixels
    LOST = "lost"  # the connection broke, or what came was damaged
    ENDED = "ended"  # the file has been played


def unavailable(trouble: Trouble) -> CameraUnavailable:
    """The error whose detail is this one word."""
    return CameraUnavailable(trouble.value)


@contextmanager
def opened(address: CameraAddress, *, stall_s: float, clock: Clock) -> Iterator[Any]:
    """An open container with one video stream to decode; raises CameraUnavailable, the detail is a `Trouble`.

    Nothing of FFmpeg's own errors is passed on, because they quote the address with its password.
    """
    with ExitStack() as closing:
        begin = clock.now()
        try:
            container = closing.enter_context(_open(address, stall_s, closing))
        except FAILURES as failure:
            waited = (clock.now() - begin).total_seconds() >= stall_s  # RTSP calls a silence invalid data
            raise unavailable(Trouble.STALLED if waited else trouble_of(failure)) from None
        _prepare(container)
        yield container


def trouble_of(failure: Exception) -> Trouble:
    """The one word for a failure of FFmpeg."""
    match failure:
        case ffmpeg.ExitError() | TimeoutError():
            return Trouble.STALLED
        case ConnectionRefusedError():
            return Trouble.REFUSED
        case ffmpeg.HTTPUnauthorizedError() | ffmpeg.HTTPForbiddenError() | PermissionError():
            return Trouble.LOCKED
        case ffmpeg.HTTPNotFoundError() | FileNotFoundError():
            return Trouble.NOT_FOUND
        case ffmpeg.InvalidDataError() | ffmpeg.ProtocolNotFoundError() | ffmpeg.PatchWelcomeError() | ValueError():
            return Trouble.NOT_A_VIDEO
        case MemoryError() | OSError(errno=errno.EINVAL):  # sizes that nothing has, and files of no bytes
            return Trouble.NOT_A_VIDEO
        case ffmpeg.EOFError() | ConnectionError() | OSError(errno=errno.EIO):
            return Trouble.LOST
        case _:
            return Trouble.UNREACHABLE


def _open(address: CameraAddress, stall_s: float, closing: ExitStack) -> Any:
    limits = {"max_pixels": str(MAX_PIXELS)}
    match address.kind:
        case Kind.RTSP:
            reach = {"protocol_whitelist": "rtsp,rtsps,rtp,tcp,tls", "rtsp_transport": "tcp"}
            return av.open(
                address.url, format="rtsp", options=limits | _LIVE | reach, timeout=stall_s, metadata_errors=_TITLES
            )
        case Kind.HTTP:
            # Only formats that hold their own pictures: a play list would make FFmpeg open other files and addresses.
            reach = {"protocol_whitelist": "http,https,tcp,tls", "format_whitelist": "mpjpeg,mjpeg,mpegts,flv"}
            return av.open(address.url, options=limits | _LIVE | reach, timeout=stall_s, metadata_errors=_TITLES)
        case Kind.DEVICE:
            return av.open(address.url, format="v4l2", options=limits, timeout=stall_s, metadata_errors=_TITLES)
        case Kind.FILE:
            path = Path(address.url)
            if path.stat().st_size > MAX_BYTES:
                raise unavailable(Trouble.TOO_LARGE)
            file = closing.enter_context(path.open("rb"))
            return av.open(file, options=limits | {"format_whitelist": FORMATS}, metadata_errors=_TITLES)


def _prepare(container: Any) -> None:
    streams = container.streams.video
    if not streams or streams[0].codec_context is None:
        raise unavailable(Trouble.NOT_A_VIDEO)
    context = streams[0].codec_context
    if context.width * context.height > MAX_PIXELS:
        raise unavailable(Trouble.TOO_LARGE)
    context.thread_type = "NONE"  # several cameras share the cores already; and threads hold pictures back
    context.options = {"max_pixels": str(MAX_PIXELS)}
