"""Cameras for tests: films, and servers of motion JPEG and RTSP on loopback."""

import socket
import socketserver
import struct
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from fractions import Fraction
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path
from typing import Any

import av
import numpy as np
from PIL import Image

from visavis.perception.film import write_film


class WallClock:
    """Implements `ports.Clock`."""

    def now(self) -> datetime:
        return datetime.now(UTC)


def grey_of(number: int) -> int:
    """Level of picture k of a film."""
    return 40 + 8 * (number % 25)


def picture(level: int, size: tuple[int, int] = (96, 80)) -> np.ndarray:
    return np.full((size[1], size[0], 3), level, np.uint8)


def film(path: Path, *, frames: int = 20, fps: int = 20, size: tuple[int, int] = (96, 80), key_every: int = 5) -> Path:
    """Picture k is grey level 40 + 8 k."""
    write_film(path, (picture(grey_of(k), size) for k in range(frames)), fps=fps, size=size, key_every=key_every)
    return path


def jpeg(level: int) -> bytes:
    out = BytesIO()
    Image.fromarray(picture(level)).save(out, format="JPEG")
    return out.getvalue()


# ------ HTTP

Answer = Callable[[BaseHTTPRequestHandler], None]


def motion_jpeg(frames: Sequence[bytes], *, fps: float = 20.0, times: int = 1) -> Answer:
    """Parts of a multipart answer, one a frame; then the connection ends."""

    def answer(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.send_header("Content-Type", "multipart/x-mixed-replace; boundary=frame")
        request.end_headers()
        for _ in range(times):
            for content in frames:
                head = f"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: {len(content)}\r\n\r\n"
                request.wfile.write(head.encode() + content + b"\r\n")
                time.sleep(1 / fps)

    return answer


def document(content: bytes, content_type: str, status: int = 200, **headers: str) -> Answer:
    """One whole answer."""

    def answer(request: BaseHTTPRequestHandler) -> None:
        request.send_response(status)
        for name, value in {"Content-Type": content_type, "Content-Length": str(len(content)), **headers}.items():
            request.send_header(name, value)
        request.end_headers()
        request.wfile.write(content)

    return answer


@contextmanager
def http_camera(*answers: Answer) -> Iterator[str]:
    """Its address; request k gets answer k, and from then on the last."""
    served = iter(range(10**6))

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            try:
                answers[min(next(served), len(answers) - 1)](self)
            except OSError:
                self.close_connection = True  # the reader has gone

        def log_message(self, *_: Any) -> None:
            pass

    with _served(ThreadingHTTPServer(("127.0.0.1", 0), Handler)) as port:
        yield f"http://127.0.0.1:{port}"


@contextmanager
def _served(server: socketserver.BaseServer) -> Iterator[int]:
    server.daemon_threads = False  # closing waits until each answer has seen that its reader has gone
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


# ------ RTSP

SDP = """v=0
o=- 0 0 IN IP4 127.0.0.1
s=test
c=IN IP4 127.0.0.1
t=0 0
m=video 0 RTP/AVP 96
a=rtpmap:96 H264/90000
a=fmtp:96 packetization-mode=1
a=control:track0
""".replace("\n", "\r\n")


@contextmanager
def rtsp_camera(*, fps: float = 20.0, frames: int = 20) -> Iterator[str]:
    """A camera that plays H.264 over RTP inside RTSP (RFC 2326, section 10.12; RFC 6184), `frames` a connection."""
    units = h264(frames)
    server = _RtspServer(("127.0.0.1", 0), _RtspHandler)
    server.units, server.fps = units, fps
    with _served(server) as port:
        yield f"rtsp://admin:s3cr3t@127.0.0.1:{port}/live"


class _RtspServer(socketserver.ThreadingTCPServer):
    units: list[list[bytes]]
    fps: float


class _RtspHandler(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        try:
            while (request := self._request()) is not None:
                self._answer(*request)
        except OSError:
            return  # the reader has gone

    def _request(self) -> tuple[str, dict[str, str]] | None:
        lines = []
        while line := self.rfile.readline().decode().strip():
            lines.append(line)
        if not lines:
            return None
        pairs = (line.partition(":") for line in lines[1:])
        return lines[0].split()[0], {name.lower(): value.strip() for name, _, value in pairs}

    def _answer(self, verb: str, headers: dict[str, str]) -> None:
        extra, body = {
            "OPTIONS": ("Public: OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN\r\n", ""),
            "DESCRIBE": (f"Content-Type: application/sdp\r\nContent-Length: {len(SDP)}\r\n", SDP),
            "SETUP": ("Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\nSession: 1\r\n", ""),
        }.get(verb, ("Session: 1\r\n", ""))
        head = f"RTSP/1.0 200 OK\r\nCSeq: {headers.get('cseq', '0')}\r\n{extra}\r\n"
        self.wfile.write((head + body).encode())
        if verb == "PLAY":
            self._play()

    def _play(self) -> None:
        sequence = 0
        for number, access_unit in enumerate(self.server.units):
            for place, unit in enumerate(access_unit):
                last = place == len(access_unit) - 1
                stamp = int(number * 90_000 / self.server.fps)
                rtp = struct.pack(">BBHII", 0x80, 96 | last << 7, sequence & 0xFFFF, stamp, 1) + unit
                self.wfile.write(b"$\0" + struct.pack(">H", len(rtp)) + rtp)
                sequence += 1
            time.sleep(1 / self.server.fps)
        self.connection.shutdown(socket.SHUT_RDWR)


def h264(frames: int) -> list[list[bytes]]:
    """Network abstraction layer units of each picture; picture k is grey level 40 + 8 k."""
    context = av.CodecContext.create("libx264", "w")
    context.width, context.height, context.pix_fmt = 96, 80, "yuv420p"
    context.framerate, context.time_base, context.gop_size = Fraction(20), Fraction(1, 20), 5
    context.options = {"preset": "ultrafast", "tune": "zerolatency"}
    coded = []
    for number in range(frames):
        shown = av.VideoFrame.from_ndarray(picture(grey_of(number)), format="rgb24").reformat(format="yuv420p")
        shown.pts = number
        coded += [bytes(packet) for packet in context.encode(shown)]
    return [[unit for unit in content.replace(b"\0\0\0\1", b"\0\0\1").split(b"\0\0\1") if unit] for content in coded]


@contextmanager
def silent_camera() -> Iterator[int]:
    """Port of a machine that accepts and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def closed_port() -> int:
    """A port where nothing listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]
