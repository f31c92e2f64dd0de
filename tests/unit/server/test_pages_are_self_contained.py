"""Kiosk and player run under a strict policy, from this machine alone."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from visavis import errors

SERVER = Path(errors.__file__).parent / "server"
FILES = sorted(p for folder in ("kiosk", "player", "static") for p in (SERVER / folder).iterdir() if p.is_file())
PAGES = [p for p in FILES if p.suffix == ".html"]
NAMESPACES = ("http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink")


class Inline(HTMLParser):
    """Finds what a policy without 'unsafe-inline' would block."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = dict(attrs)
        self.found += [f"{tag} {name}" for name in names if name == "style" or name.startswith("on")]
        if tag == "style" or (tag == "script" and "src" not in names):
            self.found.append(tag)


def test_both_pages_are_there() -> None:
    """The list of files is not empty by mistake."""
    assert {p.parent.name for p in PAGES} == {"kiosk", "player"}
    assert len(FILES) > 8


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.parent.name)
def test_no_inline_script_style_or_handler(page: Path) -> None:
    """Everything that runs is a file."""
    parser = Inline()
    parser.feed(page.read_text(encoding="utf-8"))
    assert not parser.found


@pytest.mark.parametrize("path", FILES, ids=lambda p: f"{p.parent.name}/{p.name}")
def test_no_foreign_address(path: Path) -> None:
    """No CDN, no font server, no tracker."""
    text = path.read_text(encoding="utf-8")
    for namespace in NAMESPACES:
        text = text.replace(namespace, "")
    assert not re.findall(r"(?:https?:)?//[a-z0-9-]+\.[a-z]{2,}", text)
    assert "eval(" not in text
    assert "innerHTML" not in text
