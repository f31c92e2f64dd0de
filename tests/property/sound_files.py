"""Small sound files that the fuzzing begins from: pictures of every mode and films of every container."""

import struct
from collections.abc import Iterator
from fractions import Fraction
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

import av
import numpy as np
import segno
from PIL import Image

SHARED = Path(__file__).parents[3] / "shared" / "data"
_CODECS = (
    ("matroska", "libx264"), ("matroska", "mpeg4"), ("matroska", "mjpeg"), ("matroska", "ffv1"), ("webm", "libvpx"),
    ("mp4", "libx264"), ("mp4", "mpeg4"), ("avi", "mpeg4"), ("avi", "mjpeg"), ("mpegts", "mpeg2video"),
    ("mpegts", "libx264"), ("flv", "flv"), ("gif", "gif"), ("mpeg", "mpeg1video"), ("ogg", "libtheora"),
)  # fmt: skip


def _scene(size: tuple[int, int], number: int = 0) -> np.ndarray:
    across = np.arange(size[0], dtype=np.uint8)[None, :, None] * 2 + 9 * number
    down = np.arange(size[1], dtype=np.uint8)[:, None, None] * 3
    pixels = np.broadcast_to(across, (size[1], size[0], 3)) ^ (down + np.array([0, 80, 160], np.uint8))
    return np.ascontiguousarray(pixels.astype(np.uint8))


def _encoded(picture: Image.Image, kind: str, **options: Any) -> bytes:
    out = BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


@cache
def pictures() -> tuple[bytes, ...]:
    """JPEG, PNG and WebP of every mode and layout, and a card with a QR code."""
    return (*_jpegs(), *_pngs(), *_webps())


@cache
def others() -> tuple[bytes, ...]:
    """Pictures of formats that are refused, and, where the shared data is, odd files from the world."""
    return (*_refused(), *_odd())


def _jpegs() -> Iterator[bytes]:
    scene = Image.fromarray(_scene((90, 70)))
    yield _encoded(scene, "JPEG", quality=90)
    yield _encoded(scene, "JPEG", progressive=True, subsampling=0)
    yield _encoded(scene, "JPEG", subsampling=1, restart_marker_blocks=2)
    yield _encoded(scene.convert("L"), "JPEG")
    yield _encoded(scene.convert("CMYK"), "JPEG")
    for orientation in (1, 3, 6, 8):
        tags = Image.Exif()
        tags[0x0112] = orientation
        tags[0x010F] = "maker" * 20
        yield _encoded(scene, "JPEG", exif=tags)


def _pngs() -> Iterator[bytes]:
    scene = Image.fromarray(_scene((61, 47)))
    for mode in ("RGB", "RGBA", "L", "LA", "1", "P"):
        yield _encoded(scene.convert(mode), "PNG")
    yield _encoded(Image.fromarray(_scene((40, 30))[..., 0].astype(np.uint16) << 8), "PNG")
    yield _encoded(scene.quantize(7), "PNG", transparency=3, bits=4)
    yield _encoded(scene, "PNG", save_all=True, append_images=[scene.transpose(Image.Transpose.ROTATE_180)] * 3)
    card = BytesIO()
    segno.make("visavis-card", error="m").save(card, kind="png", scale=5, border=4)
    yield card.getvalue()


def _webps() -> Iterator[bytes]:
    scene = Image.fromarray(_scene((64, 48)))
    yield _encoded(scene, "WEBP", quality=70)
    yield _encoded(scene, "WEBP", lossless=True)
    yield _encoded(scene.convert("RGBA"), "WEBP")
    turned = scene.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    yield _encoded(scene, "WEBP", save_all=True, append_images=[turned] * 3, duration=50)


def _refused() -> Iterator[bytes]:
    scene = Image.fromarray(_scene((40, 30)))
    for kind in ("GIF", "BMP", "TIFF", "ICO", "PPM", "TGA"):
        yield _encoded(scene, kind)


def _odd() -> Iterator[bytes]:
    folder = SHARED / "odd_images"
    yield from (path.read_bytes() for path in sorted(folder.glob("*"))) if folder.is_dir() else ()


@cache
def largest() -> tuple[bytes, ...]:
    """Pictures of exactly as many pixels as are let in, in the modes that cost the most memory."""
    plain, side = Image.new("RGB", (5000, 5000), "teal"), (5000, 5000)
    return (
        _encoded(Image.new("RGBA", side, (9, 200, 80, 120)), "PNG"),
        _encoded(Image.fromarray(np.full(side, 40_000, np.uint16)), "PNG"),
        _encoded(Image.new("CMYK", side, (9, 80, 7, 30)), "JPEG", progressive=True),
        _encoded(Image.new("RGBA", side, (9, 200, 80, 120)), "WEBP", quality=10, method=0),
        _encoded(plain, "WEBP", save_all=True, append_images=[plain.copy()], quality=10, method=0),
    )


@cache
def films() -> tuple[tuple[str, bytes], ...]:
    """Name of the container and its bytes."""
    return tuple((kind, _film(kind, codec)) for kind, codec in _CODECS if codec in av.codecs_available)


@cache
def changing() -> tuple[tuple[str, bytes], ...]:
    """Films and streams whose pictures change their size on the way; one has a picture of no bytes."""
    spliced = [(kind, _film(kind, codec) + _film(kind, codec, size=(128, 64))) for kind, codec in _CODECS[-6:-2]]
    parts = [
        _part(_encoded(Image.fromarray(_scene(size, n)), "JPEG")) for n, size in enumerate(((64, 48), (96, 32)) * 4)
    ]
    return (*spliced, ("mpjpeg", b"".join(parts)), ("mpjpeg", b"".join([*parts[:2], _part(b""), *parts[2:]])))


def titled(kind: str, title: str) -> bytes:
    """A film of eight pictures that says what it is called."""
    return _film(kind, "flv" if kind == "flv" else "mpeg4", title=title)


def _film(kind: str, codec: str, *, size: tuple[int, int] = (64, 48), frames: int = 8, title: str = "") -> bytes:
    out = BytesIO()
    with av.open(out, "w", format=kind) as container:
        if title:
            container.metadata["title"] = title
        stream = container.add_stream(codec, rate=25 if "mpeg1" in codec or "mpeg2" in codec else 10)
        stream.width, stream.height = size
        stream.pix_fmt = {"mjpeg": "yuvj420p", "gif": "rgb8"}.get(codec, "yuv420p")
        stream.codec_context.thread_type = "NONE"
        stream.codec_context.time_base = Fraction(1, 25 if "mpeg1" in codec or "mpeg2" in codec else 10)
        for number in range(frames):
            picture = av.VideoFrame.from_ndarray(_scene(size, number), format="rgb24").reformat(format=stream.pix_fmt)
            picture.pts = number
            container.mux(stream.encode(picture))
        container.mux(stream.encode())
    return out.getvalue()


def _part(content: bytes) -> bytes:
    return b"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n%s\r\n" % (len(content), content)


def png_of(width: int, height: int) -> bytes:
    """A header that promises so many pixels, and nothing after it."""
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sII", 13, b"IHDR", width, height)
