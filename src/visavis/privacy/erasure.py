"""The erasure list: what must not come back when an older backup does. It names nobody."""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from visavis.privacy.lines import append_lines, read_lines
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
        append_lines(
            self._path,
            [{"subject_sha256": e.subject_sha256, "what": e.what, "at": e.at.isoformat()} for e in entries],
        )

    async def all(self) -> Sequence[Erased]:
        """Every entry; lines that a crash cut off are left out, anything else that does not read is refused.

        Raises:
            SettingInvalid: A line in the middle is not an entry.
        """
        return read_erasures(self._path)


def read_erasures(path: Path) -> list[Erased]:
    """The entries of a file; none when there is no file. Raises SettingInvalid with the line."""
    return read_lines(path, _entry)


def _entry(document: Any) -> Erased:
    return Erased(
        subject_sha256=str(document["subject_sha256"]),
        what=str(document["what"]),
        at=datetime.fromisoformat(document["at"]),
    )
