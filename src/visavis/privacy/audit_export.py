"""The audit log as a file of JSON lines, which anybody can check with the site's public key alone.

    {"half":"edge","sha256":"…","entry":["hash before",1,"2026-01-05T09:00:00+00:00","edge","enrolled","token",[]]}

The hash covers the text of `entry` exactly as it stands in the line.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

from visavis.errors import InputRefused, SettingInvalid
from visavis.types import Link

BATCH = 10_000
HALVES = ("edge", "hub")
_HEAD = {half: f'{{"half":"{half}","sha256":"' for half in HALVES}
_MIDDLE = '","entry":'


def export_line(half: str, link: Link) -> str:
    """One entry, with the end of its line."""
    content, own = link
    return f"{_HEAD[half]}{own}{_MIDDLE}{content}}}\n"


def read_export(path: Path) -> Iterator[tuple[str, Sequence[Link], int]]:
    """Half, entries and bytes so far, in batches.

    Raises:
        InputRefused: A line is not an entry as `export_line` writes it; the line is named.
        SettingInvalid: The file cannot be read.
    """
    half, size = HALVES[0], 0
    batch: list[Link] = []
    try:
        with path.open(encoding="utf-8", newline="\n") as lines:
            for number, line in enumerate(lines, start=1):
                head = _HEAD[half]
                if not line.startswith(head):
                    if batch:
                        yield half, batch, size
                    half, batch = _half_of(line, path, number), []
                    head = _HEAD[half]
                middle = len(head) + 64
                end = middle + len(_MIDDLE)
                if line[middle:end] != _MIDDLE or line[-2:] != "}\n":
                    raise InputRefused(f"{path.name}, line {number}: not an entry of an exported audit log")
                batch.append((line[end:-2], line[len(head) : middle]))
                size += len(line)
                if len(batch) == BATCH:
                    yield half, batch, size
                    batch = []
    except (OSError, UnicodeDecodeError) as error:
        raise SettingInvalid(f"{path.name} cannot be read: {type(error).__name__}") from error
    if batch:
        yield half, batch, size


def _half_of(line: str, path: Path, number: int) -> str:
    for half, head in _HEAD.items():
        if line.startswith(head):
            return half
    raise InputRefused(f"{path.name}, line {number}: not an entry of an exported audit log")
