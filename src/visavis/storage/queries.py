"""SQL lives in `sql/*.sql`, as blocks that begin with `-- name: comment`; each file is read once."""

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent / "sql"
BLOCK = re.compile(r"^-- (?P<name>[a-z_]+): .+$", re.MULTILINE)


@cache
def queries(file: str) -> Mapping[str, bytes]:
    """Name -> statement of one file, by its name without `.sql`."""
    text = (FOLDER / f"{file}.sql").read_text(encoding="utf-8")
    heads = list(BLOCK.finditer(text))
    ends = [head.start() for head in heads[1:]] + [len(text)]
    found = {head["name"]: text[head.start() : end].encode() for head, end in zip(heads, ends, strict=True)}
    if len(found) != len(heads):
        raise ValueError(f"{file}.sql names a statement twice")
    return found
