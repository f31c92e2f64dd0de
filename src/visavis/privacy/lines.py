"""Files of JSON lines that only grow, outside the database: durable when written, and no restore takes them back."""

import json
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from visavis.errors import SettingInvalid, StorageFull
from visavis.privacy.slots import NO_ROOM, flush_folder

T = TypeVar("T")


def append_lines(path: Path, documents: Sequence[Mapping[str, Any]]) -> None:
    """One line each, on the disk on return; raises StorageFull or SettingInvalid."""
    if not documents:
        return
    lines = "".join(f"{json.dumps(document, separators=(',', ':'))}\n" for document in documents).encode()
    try:
        file = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            size = os.fstat(file).st_size
            if size and os.pread(file, 1, size - 1) != b"\n":
                lines = b"\n" + lines  # a crash cut the line before, which nobody was promised
            os.write(file, lines)
            os.fsync(file)
        finally:
            os.close(file)
        if not size:
            flush_folder(path.parent)
    except OSError as error:
        refusal = StorageFull if error.errno in NO_ROOM else SettingInvalid
        raise refusal(f"{path.name} cannot be written: {error.strerror}") from error


def read_lines(path: Path, read: Callable[[Any], T]) -> list[T]:
    """What the lines say, in order; none when there is no file. Lines that a crash cut off are left out.

    Raises:
        SettingInvalid: The file cannot be read, or a line is not such an entry; the line is named.
    """
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
                found.append(read(json.loads(line)))
        except (ValueError, KeyError, TypeError, RecursionError):
            if not _is_cut(line):
                raise SettingInvalid(f"{path.name}, line {number}: not an entry; restore its newest copy") from None
    return found


def _is_cut(line: str) -> bool:
    """The beginning of a line of ours, that a crash cut off."""
    return line.startswith("{") and not line.endswith("}")
