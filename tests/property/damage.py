"""Sound files of every kind that is decoded, and what a seed makes of them: damage that knows their structure."""

import struct
import zlib
from collections.abc import Callable
from random import Random

GIANTS = (0, 1, 2, 0x7F, 0x80, 0xFF, 0x3FFF, 0x7FFF, 0x8000, 0xFFFF, 0xFFFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)
SIZES = (0, 1, 3, 7, 64, 65, 4096, 16384, 65500, 65535, 1_000_000, 0x7FFFFFFF, 0xFFFFFFFF)

Damage = Callable[[bytearray, Random], bytearray]


def damaged(sound: bytes, rng: Random) -> bytes:
    """One to four kinds of damage, half of them to the fields of the file's own structure."""
    content = bytearray(sound)
    structural = _structural(sound)
    for _ in range(rng.choice((1, 1, 1, 1, 1, 2, 2, 3, 4))):
        damage = structural if structural and rng.random() < 0.7 else rng.choice(_PLAIN)
        content = damage(content, rng)
    return bytes(content)


# ------ of any bytes


def _flip(content: bytearray, rng: Random) -> bytearray:
    for _ in range(rng.choice((1, 1, 4, 32))):
        if content:
            content[rng.randrange(len(content))] ^= 1 << rng.randrange(8)
    return content


def _flip_early(content: bytearray, rng: Random) -> bytearray:
    for _ in range(rng.choice((1, 2, 6))):
        if content:
            content[rng.randrange(min(len(content), 200))] = rng.randrange(256)
    return content


def _giant(content: bytearray, rng: Random) -> bytearray:
    width, order = rng.choice((1, 2, 4, 8)), rng.choice(("big", "little"))
    at = rng.randrange(max(1, len(content) - width))
    value = rng.choice(GIANTS) & ((1 << 8 * width) - 1)
    content[at : at + width] = value.to_bytes(width, order)
    return content


def _cut(content: bytearray, rng: Random) -> bytearray:
    return content[: rng.randrange(len(content) + 1)]


def _remove(content: bytearray, rng: Random) -> bytearray:
    at, length = _range(content, rng)
    del content[at : at + length]
    return content


def _repeat(content: bytearray, rng: Random) -> bytearray:
    at, length = _range(content, rng)
    content[at:at] = content[at : at + length] * rng.choice((1, 2, 20))
    return content


def _noise(content: bytearray, rng: Random) -> bytearray:
    at, length = _range(content, rng)
    content[at : at + length] = rng.randbytes(length)
    return content


def _move(content: bytearray, rng: Random) -> bytearray:
    at, length = _range(content, rng)
    part = content[at : at + length]
    del content[at : at + length]
    to = rng.randrange(len(content) + 1)
    content[to:to] = part
    return content


def _range(content: bytearray, rng: Random) -> tuple[int, int]:
    at = rng.randrange(max(1, len(content)))
    return at, rng.choice((1, 2, 4, 16, 100, 1000))


_PLAIN: tuple[Damage, ...] = (_flip, _flip, _flip_early, _giant, _cut, _remove, _repeat, _noise, _move)

# ------ of a structure


def _structural(sound: bytes) -> Damage | None:
    if sound.startswith(b"\x89PNG"):
        return _png
    if sound.startswith(b"\xff\xd8"):
        return _jpeg
    if sound.startswith(b"RIFF"):
        return _riff
    if sound.startswith(b"GIF8"):
        return _gif
    if sound.startswith(bytes.fromhex("1a45dfa3")):
        return _matroska
    if sound[4:8] == b"ftyp":
        return _mp4
    if sound.startswith(b"--"):
        return _multipart
    return _transport if sound.startswith(b"G") and len(sound) % 188 == 0 else None


def _png(content: bytearray, rng: Random) -> bytearray:
    """One chunk is changed, doubled, moved or inflated; its checksum is made right three times out of four."""
    chunks, at = [], 8
    while at + 12 <= len(content):
        length = int.from_bytes(content[at : at + 4], "big")
        chunks.append((bytes(content[at + 4 : at + 8]), bytearray(content[at + 8 : at + 8 + length])))
        at += 12 + length
    if not chunks:
        return _flip(content, rng)
    number = rng.randrange(len(chunks))
    name, body = chunks[number]
    match rng.randrange(6):
        case 0 if len(chunks[0][1]) == 13:
            number, (name, body) = 0, chunks[0]
            body[0:8] = struct.pack(">II", rng.choice(SIZES), rng.choice(SIZES))
        case 1 if len(chunks[0][1]) == 13:
            number, (name, body) = 0, chunks[0]
            body[8:13] = bytes([rng.choice((1, 2, 4, 8, 16)), rng.choice((0, 2, 3, 4, 6)), 0, 0, rng.randrange(2)])
        case 2:
            chunks.insert(rng.randrange(len(chunks) + 1), chunks[number])
        case 3:
            bomb = zlib.compress(bytes(rng.choice((10_000, 20_000_000))))
            kind = rng.choice((b"IDAT", b"zTXt", b"iCCP", b"iTXt", b"fdAT", b"eXIf"))
            chunks.insert(rng.randrange(1, len(chunks) + 1), (kind, bytearray(b"a\0\0" + bomb)))
        case 4:
            name = rng.choice((b"IDAT", b"IHDR", b"PLTE", b"tRNS", b"acTL", b"fcTL", b"IEND", b"gAMA", b"sBIT"))
        case _:
            body = _flip(body, rng)
    chunks[min(number, len(chunks) - 1)] = (name, body)
    return content[:8] + b"".join(_png_chunk(name, body, rng) for name, body in chunks)


def _png_chunk(name: bytes, body: bytearray, rng: Random) -> bytes:
    right = rng.random() > 0.02
    length = len(body) if right else rng.choice(SIZES)
    check = zlib.crc32(name + body) if rng.random() > 0.05 else 0
    return struct.pack(">I", length) + name + bytes(body) + struct.pack(">I", check)


def _jpeg(content: bytearray, rng: Random) -> bytearray:
    """The frame header's size, sampling and depth, a table's bytes, a segment's length, or more scans."""
    places = [n for n in range(2, len(content) - 20) if content[n] == 0xFF and content[n + 1] >= 0xC0]
    if not places:
        return _flip(content, rng)
    frames = [n for n in places if content[n + 1] in {0xC0, 0xC1, 0xC2}]
    at = rng.choice(places)
    match rng.randrange(7):
        case 0 if frames:
            at = rng.choice(frames)
            content[at + 5 : at + 9] = struct.pack(">HH", rng.choice(SIZES) & 0xFFFF, rng.choice(SIZES) & 0xFFFF)
        case 1 if frames:
            at = rng.choice(frames)
            content[at + rng.choice((4, 9, 10, 11, 12, 14))] = rng.choice((0, 1, 2, 3, 4, 8, 12, 0x11, 0x22, 0x44, 255))
        case 2 if frames:
            content[rng.choice(frames) + 1] = rng.choice((0xC0, 0xC1, 0xC2, 0xC3, 0xC5, 0xC9, 0xCA, 0xCB))
        case 3:
            content[at + 2 : at + 4] = struct.pack(">H", rng.choice(GIANTS) & 0xFFFF)
        case 4:
            content[at + 1] = rng.choice((0xC4, 0xD8, 0xD9, 0xDA, 0xDB, 0xDD, 0xE0, 0xE1, 0xEE, 0xFE))
        case 5:
            content[at + 4 + rng.randrange(min(60, len(content) - at - 4))] = rng.randrange(256)
        case _:
            scans = [n for n in places if content[n + 1] == 0xDA]
            start = rng.choice(scans or [at])
            content[start:start] = content[start : start + rng.choice((12, 40, 400))] * rng.choice((1, 40, 400))
    return content


def _riff(content: bytearray, rng: Random) -> bytearray:
    """WebP and AVI: a chunk's name, length or first fields, where sizes and rates stand."""
    places = [n for n in range(len(content) - 8) if content[n : n + 4].isalnum() or content[n : n + 4] == b"VP8 "]
    at = rng.choice(places or [0])
    match rng.randrange(4):
        case 0:
            content[at + 4 : at + 8] = struct.pack("<I", rng.choice(GIANTS))
        case 1:
            content[at : at + 4] = bytes(content[(other := rng.choice(places or [0])) : other + 4])
        case 2:
            into = at + 8 + rng.randrange(20)
            content[into : into + 3] = struct.pack("<I", rng.choice(SIZES))[:3]
        case _:
            into = at + 8 + 4 * rng.randrange(14)
            content[into : into + 4] = struct.pack("<I", rng.choice(GIANTS))
    return content


def _gif(content: bytearray, rng: Random) -> bytearray:
    """The screen's size, a picture's place and size, its flags, or the size of a code."""
    frames = [n for n in range(10, len(content) - 12) if content[n] == 0x2C and content[n - 1] == 0]
    at = rng.choice([*frames, 5])
    fields = (6, 8) if at == 5 else (at + 1, at + 3, at + 5, at + 7)
    if rng.random() < 0.7:
        into = rng.choice(fields)
        content[into : into + 2] = struct.pack("<H", rng.choice(SIZES) & 0xFFFF)
    else:
        content[min(len(content) - 1, at + rng.choice((5, 9, 10, 11)))] = rng.randrange(256)
    return content


_IDS = (
    "86",
    "9f",
    "b0",
    "ba",
    "e0",
    "63a2",
    "54b0",
    "54ba",
    "23e383",
    "2ad7b1",
    "4489",
    "55b0",
    "6d80",
    "ae",
    "e7",
    "a3",
)
_IDS += ("1549a966", "1654ae6b", "1f43b675", "18538067", "83", "d7", "23314f", "53c0", "1c53bb6b")


def _matroska(content: bytearray, rng: Random) -> bytearray:
    """An element's length or content: sizes, codecs, time scales and the times of clusters and blocks (RFC 9559)."""
    wanted = bytes.fromhex(rng.choice(_IDS))
    places = [n for n in range(len(content) - 12) if content[n : n + len(wanted)] == wanted]
    if not places:
        return _giant(content, rng)
    at = rng.choice(places[:40]) + len(wanted)
    length = 9 - content[at].bit_length() if content[at] else 1
    match rng.randrange(4):
        case 0:
            content[at] = rng.choice((0, 0x80, 0x81, 0xFF, 0x01, 0x40, 0x10))
        case 1:
            content[at + 1 : at + length] = rng.randbytes(max(0, length - 1))
        case 2:
            value = rng.choice(GIANTS).to_bytes(8, "big")
            size = (content[at] & 0x7F) if length == 1 else 4
            content[at + length : at + length + min(size, 8)] = value[-min(size, 8) :] if size else b""
        case _:
            content[at + length : at + length + 4] = rng.randbytes(4)
    return content


_BOXES = (b"moov", b"mvhd", b"trak", b"tkhd", b"mdia", b"mdhd", b"stbl", b"stsd", b"avc1", b"mp4v", b"avcC", b"esds")
_BOXES += (b"stts", b"stsc", b"stsz", b"stco", b"ctts", b"stss", b"edts", b"elst", b"mdat", b"hdlr", b"ftyp", b"udta")


def _mp4(content: bytearray, rng: Random) -> bytearray:
    """A box's length, name or fields: counts, sizes, offsets, durations, edits (ISO/IEC 14496-12)."""
    places = [n for name in _BOXES if (n := content.find(name)) >= 4]
    if not places:
        return _giant(content, rng)
    at = rng.choice(places)
    match rng.randrange(4):
        case 0:
            content[at - 4 : at] = struct.pack(">I", rng.choice(GIANTS))
        case 1:
            content[at : at + 4] = rng.choice(_BOXES)
        case 2:
            into = at + 4 + 4 * rng.randrange(24)
            content[into : into + 4] = struct.pack(">I", rng.choice(GIANTS))
        case _:
            into = at + 4 + 2 * rng.randrange(40)
            content[into : into + 2] = struct.pack(">H", rng.choice(SIZES) & 0xFFFF)
    return content


def _multipart(content: bytearray, rng: Random) -> bytearray:
    """A part's declared length, type or boundary; or the JPEG in it."""
    found = content.find(b"Content-Length: ", rng.randrange(max(1, len(content) // 2)))
    end = content.find(b"\r\n", found)
    match rng.randrange(4):
        case 0 if found >= 0:
            content[found + 16 : end] = rng.choice(
                (b"0", b"-1", b"99999999999999999999", b"2147483647", b"7", b"x", b"")
            )
        case 1 if found >= 0:
            del content[found : end + 2]
        case 2:
            begin = content.find(b"\xff\xd8")
            content[begin:] = _jpeg(content[begin:], rng)
        case _:
            content = content.replace(b"--frame", rng.choice((b"--", b"", b"--frame--", b"--fra\0me", b"-" * 5000)), 1)
    return content


def _transport(content: bytearray, rng: Random) -> bytearray:
    """The header of a packet, its adaptation field, its stamps; a packet lost or doubled (ISO/IEC 13818-1)."""
    at = 188 * rng.randrange(max(1, len(content) // 188))
    match rng.randrange(4):
        case 0:
            content[at + 1 : at + 5] = rng.randbytes(4)
        case 1:
            content[at + 4 : at + 20] = rng.randbytes(16)
        case 2:
            del content[at : at + 188]
        case _:
            content[at:at] = content[at : at + 188] * rng.choice((1, 5, 50))
    return content
