"""Where a camera is: an address that is checked once and whose credentials nobody reads again."""

import re
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from visavis.errors import CameraRefused

MAX_ADDRESS = 2048
_DEVICE = re.compile(r"/dev/video\d{1,3}")


class Kind(StrEnum):
    """How pictures come from an address."""

    RTSP = "rtsp"
    HTTP = "http"  # motion JPEG, MPEG-TS or FLV that never ends
    DEVICE = "device"  # Video4Linux
    FILE = "file"  # replayed at its own pace


_KINDS = {"rtsp": Kind.RTSP, "rtsps": Kind.RTSP, "http": Kind.HTTP, "https": Kind.HTTP}


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraAddress:
    """An address that may be opened. Printed, it is its label."""

    kind: Kind
    url: str = field(repr=False)  # with user and password: for FFmpeg alone
    label: str  # scheme and host, the device, or the file's name: all that people, logs and metrics see

    def __str__(self) -> str:
        return self.label


def camera_address(text: str, *, local: bool = True) -> CameraAddress:
    """Check an address; what is refused is not repeated, for it may hold a password.

    Args:
        text: `rtsp://`, `rtsps://`, `http://` or `https://` with a host; `/dev/videoN`; or the path of a video file.
        local: whether devices and files of this machine may be named; not where the address comes over a network.

    Raises:
        CameraRefused: of another kind, too long, without a host, or a file that is not there.
    """
    if not 0 < len(text) <= MAX_ADDRESS or not text.isprintable():
        raise CameraRefused(f"an address has 1 to {MAX_ADDRESS} printable characters")
    scheme, mark, _ = text.partition("://")
    if mark:
        return _remote(text, scheme.lower())
    if not local:
        raise CameraRefused("an address begins with rtsp://, rtsps://, http:// or https://")
    if text.startswith("/dev/"):
        if not _DEVICE.fullmatch(text):
            raise CameraRefused("a device is /dev/video and a number")
        return CameraAddress(kind=Kind.DEVICE, url=text, label=text)
    return _file(Path(text))


def _remote(text: str, scheme: str) -> CameraAddress:
    if scheme not in _KINDS:
        raise CameraRefused("an address begins with rtsp://, rtsps://, http:// or https://")
    if " " in text or "\\" in text:
        raise CameraRefused("an address holds no spaces and no backslashes: write %20 and %5C")
    host = _host(text)
    return CameraAddress(kind=_KINDS[scheme], url=text, label=f"{scheme}://{f'[{host}]' if ':' in host else host}")


def _host(text: str) -> str:
    try:
        parts: SplitResult = urlsplit(text)
        host, _port = parts.hostname, parts.port  # the port is read to be checked
    except ValueError:
        raise CameraRefused("the address has a host or a port that is none") from None
    if not host:
        raise CameraRefused("the address has no host")
    return host


def _file(path: Path) -> CameraAddress:
    try:
        there = path.is_file()
    except OSError:
        there = False
    if not there:
        raise CameraRefused("there is no such file")
    return CameraAddress(kind=Kind.FILE, url=str(path), label=path.name)
