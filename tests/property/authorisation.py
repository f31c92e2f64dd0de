"""The book of who may use which route, as `tests/authorisation.txt` has it."""

import re
from pathlib import Path

BOOK = Path(__file__).parents[1] / "authorisation.txt"
LINE = re.compile(r"(?P<method>[A-Z]+) +(?P<path>/\S*) +(?P<who>\S.*)")


def expected() -> dict[tuple[str, str], frozenset[str]]:
    """(method, path) -> who: "anybody", "visit", "device", roles, and "key" with a scope."""
    lines = [line for line in BOOK.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]
    found = {}
    for line in lines:
        match = LINE.fullmatch(line)
        assert match, line
        found[match["method"], match["path"]] = frozenset(match["who"].split(", "))
    assert len(found) == len(lines) > 40
    return found


def plain(path: str) -> str:
    """As the book spells it: without what a part must look like."""
    return re.sub(r"{(\w+):\w+}", r"{\1}", path)
