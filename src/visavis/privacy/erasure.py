"""The erasure list: what must not come back when an older backup does. It names nobody."""

import hashlib
import json
import os
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from visavis.errors import SettingInvalid, StorageFull
from visavis.privacy.slots import NO_ROOM, flush_folder
from visavis.types import Erased, Token

EVERYTHING = "everything"


def digest(token: Token) -> str:
    """SHA-256 of a token; tokens are 160 bits that nobody can guess, so this needs no key."""
    return hashlib.sha256(f"visavis erased {token}".encode()).hexdigest()


def union(*lists: Sequence[Erased]) -> list[Erased]:
    """Entries of all lists, each once, in order of time."""
    return sorted({entry for entries in lists for entry in entries}, key=lambda e: (e.at, e.subject_sha256, e.what))


class FileErasures:
    """Implements `ports.ErasureList` on a file of JSON lines outside the database, so that no restore takes it back."""

    def __init__(self, path: Path) -> None:
        self._path = path

    async def append(self, entries: Sequence[Erased]) -> None:
        """On the disk when it returns; raises StorageFull."""
        if not entries:
            return
        lines = "".join(f"{_line(entry)}\n" for entry in entries).encode()
        try:
            file = os.open(self._path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
            try:
                size = os.fstat(file).st_size
                if size and os.pread(file, 1, size - 1) != b"\n":
                    lines = b"\n" + lines  # a crash cut the line before, which nobody was promised
                os.write(file, lines)
                os.fsync(file)
            finally:
                os.close(file)
            if not size:
                flush_folder(self._path.parent)
        except OSError as error:
            refusal = StorageFull if error.errno in NO_ROOM else SettingInvalid
            raise refusal(f"{self._path.name} cannot be written: {error.strerror}") from error

    async def all(self) -> Sequence[Erased]:
        """Every entry; lines that a crash cut off are left out, anything else that does not read is refused.

        Raises:
            SettingInvalid: A line in the middle is not an entry.
        """
        return read_erasures(self._path)


def read_erasures(path: Path) -> list[Erased]:
    """The entries of a file; none when there is no file. Raises SettingInvalid with the line."""
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except FileNotFoundError:
        return []
    except (OSError, UnicodeDecodeError) as error:
        raise SettingInvalid(f"{path.name} cannot be read: {type(error).__name__}") from error
    found = []
    for number, line in enumerate(lines, start=1):
        try:
            if line:
                found.append(_entry(line))
        except (ValueError, KeyError, TypeError):
            if not _is_cut(line):
                raise SettingInvalid(f"{path.name}, line {number}: not an entry; restore its newest copy") from None
    return found


def _line(entry: Erased) -> str:
    return json.dumps(
        {"subject_sha256": entry.subject_sha256, "what": entry.what, "at": entry.at.isoformat()}, separators=(",", ":")
    )


def _entry(line: str) -> Erased:
    document = json.loads(line)
    return Erased(
        subject_sha256=str(document["subject_sha256"]),
        what=str(document["what"]),
        at=datetime.fromisoformat(document["at"]),
    )


def _is_cut(line: str) -> bool:
    """The beginning of a line of ours, that a crash cut off."""
    return line.startswith("{") and not line.endswith("}")
