"""Decodes damaged files, one a seed, in a process of its own that may die: `fuzz_child.py KIND FIRST COUNT`.

Each seed is told before it is tried, so that whoever started this knows which one ended it.
"""

import faulthandler
import json
import logging
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from random import Random

import numpy as np
from damage import damaged
from loopback_cameras import WallClock
from sound_files import changing, films, largest, others, pictures

from visavis.errors import VisavisError
from visavis.perception.address import CameraAddress, Kind, camera_address
from visavis.perception.cards import MAX_TEXT, read_card
from visavis.perception.decode import MAX_PIXELS, decode_image
from visavis.perception.stream import Pace, Stream
from visavis.perception.video import MAX_PIXELS as MAX_VIDEO_PIXELS
from visavis.perception.video import read_video
from visavis.testing import T0
from visavis.types import Frame

LIMIT_S = 30.0  # of one input; a machine under load is slow, a decoder that hangs is slower
WANTED = 0.9  # share of pictures that begin as a format that is read
PLAIN_NOISE = 0.04  # share of inputs that were never a file


class Hurried(threading.Event):
    """Nothing waits for it: a film is played as fast as it can be decoded."""

    def wait(self, timeout: float | None = None) -> bool:
        return self.is_set()


def proper(pixels: np.ndarray, limit: int) -> None:
    """Raises when this is not a picture of at most so many pixels."""
    if pixels.dtype != np.uint8 or pixels.ndim != 3 or pixels.shape[2] != 3 or not 0 < pixels[..., 0].size <= limit:
        raise AssertionError(f"not a picture: {pixels.dtype} {pixels.shape}")
    if not pixels.flags.c_contiguous:
        raise AssertionError("not contiguous")


def picture_of(seed: int) -> bytes:
    """The damaged picture of this seed."""
    rng = Random(f"picture {seed}")
    if rng.random() < PLAIN_NOISE:
        return rng.randbytes(rng.choice((0, 1, 7, 100, 5000)))
    return damaged(rng.choice(pictures() if rng.random() < WANTED else others()), rng)


def film_of(seed: int) -> tuple[str, bytes]:
    """The container and the bytes of the damaged film of this seed."""
    rng = Random(f"film {seed}")
    kind, sound = rng.choice(films() + changing())
    if rng.random() < PLAIN_NOISE:
        return kind, rng.randbytes(rng.choice((0, 1, 7, 100, 5000)))
    return kind, damaged(sound, rng)


def try_picture(content: bytes) -> str:
    """What became of it."""
    try:
        pixels = decode_image(content)
    except VisavisError as refused:
        return type(refused).__name__
    proper(pixels, MAX_PIXELS)
    text = read_card(pixels)
    if text is not None and len(text) > MAX_TEXT:
        raise AssertionError("a card of too long a text")
    return "decoded" if text is None else "decoded, with a card"


def film_trier(folder: Path, address_of: Callable[[bytes, str], CameraAddress]) -> Callable[[int, str, bytes], str]:
    """Tries a film as a file, as a file that plays as a camera, or as what a camera sends."""

    def tried(seed: int, kind: str, content: bytes) -> str:
        if kind == "mpjpeg" or (kind in {"mpegts", "flv"} and seed % 3 == 0):
            return "camera: " + _streamed(address_of(content, kind))
        path = folder / f"film.{kind}"
        path.write_bytes(content)
        if seed % 3 == 1:
            return "replayed: " + _streamed(camera_address(str(path)))
        return "file: " + _read(path)

    return tried


def _read(path: Path) -> str:
    count = 0
    try:
        for frame in read_video(path, source="fuzz", clock_start=T0):
            proper(frame.pixels, MAX_VIDEO_PIXELS)
            count += 1
    except VisavisError as refused:
        return type(refused).__name__ + (" after frames" if count else "")
    return "decoded" if count else "nothing and no refusal"


def _streamed(address: CameraAddress) -> str:
    shown: list[np.ndarray] = []
    stream: Stream

    def look() -> None:
        frame: Frame | None = stream.take()
        if frame is not None:
            shown[:] = [frame.pixels, *shown[:1]]

    pace = Pace(max_fps=60, stall_s=2.0)
    stream = Stream(
        name="fuzz", address=address, pace=pace, clock=WallClock(), rng=np.random.default_rng(0), on_frame=look
    )
    if address.kind is Kind.FILE:
        stream._stopped = Hurried()
    trouble = stream._connection()  # one connection, in this thread, which would otherwise be made again
    for pixels in shown:
        proper(pixels, MAX_VIDEO_PIXELS)
    return f"{trouble}" + (" after frames" if shown else "")


@contextmanager
def served() -> Iterator[Callable[[bytes, str], CameraAddress]]:
    """A camera on loopback that answers with what it is given."""
    held: dict[str, tuple[bytes, str]] = {}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            content, kind = held[self.path]
            self.send_response(200)
            types = {
                "mpjpeg": "multipart/x-mixed-replace; boundary=frame",
                "mpegts": "video/mp2t",
                "flv": "video/x-flv",
            }
            self.send_header("Content-Type", types[kind])
            self.end_headers()
            try:
                self.wfile.write(content)
            except OSError:
                return  # the reader has seen enough

        def log_message(self, *_: object) -> None:
            return

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()

        def address_of(content: bytes, kind: str) -> CameraAddress:
            held["/camera"] = content, kind
            return camera_address(f"http://127.0.0.1:{server.server_port}/camera")

        yield address_of
        server.shutdown()


def main() -> None:
    kind, first, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    logging.getLogger("libav").setLevel(logging.CRITICAL)
    faulthandler.enable()
    with tempfile.TemporaryDirectory() as folder, served() as address_of:
        made = {
            "films": film_of,
            "pictures": lambda seed: ("", picture_of(seed)),
            "largest": lambda n: ("", largest()[n]),
        }[kind]
        try_film = film_trier(Path(folder), address_of)
        _say(ready=True)
        for seed in range(first, first + count):
            _say(begin=seed)
            container, content = made(seed)
            before_mb = _resident_mb()
            faulthandler.dump_traceback_later(LIMIT_S, exit=True)
            began = time.perf_counter()
            try:
                outcome, failed = try_film(seed, container, content) if container else try_picture(content), False
            except Exception as failure:  # noqa: BLE001 - anything but a VisavisError is a finding
                outcome, failed = f"{type(failure).__name__}: {failure}", True
            faulthandler.cancel_dump_traceback_later()
            spent_s, spent_mb = time.perf_counter() - began, _resident_mb(peak=True) - before_mb
            _say(end=seed, outcome=outcome, failed=failed, s=spent_s, mb=spent_mb)


def _resident_mb(*, peak: bool = False) -> float:
    """Memory of this process; at its peak since it was last asked for without (proc(5), clear_refs)."""
    if not peak:
        Path("/proc/self/clear_refs").write_text("5")
    lines = Path("/proc/self/status").read_text().splitlines()
    return float(next(line for line in lines if line.startswith("VmHWM:")).split()[1]) / 1000


def _say(**what: object) -> None:
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
