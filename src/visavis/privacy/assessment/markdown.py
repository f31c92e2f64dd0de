"""An assessment as Markdown (CommonMark with tables)."""

import re
from itertools import chain

from visavis.privacy.assessment.blocks import Document, Heading, Paragraph, Table

_SPECIAL = re.compile(r"([\\`*_\[\]<>|~&])")
_AT_START = re.compile(r"^(\d+(?=[.)](?:\s|$))|(?=[-+#=:]))")  # of a line: lists, headings, rules


def markdown(document: Document) -> str:
    """Plain text stays plain: nothing in an answer can become a heading, a link or a tag."""
    return "\n\n".join(chain.from_iterable(_written(block) for block in document.blocks)) + "\n"


def _written(block: Heading | Paragraph | Table) -> list[str]:
    match block:
        case Heading(text=text, level=level):
            return [f"{'#' * level} {_inline(text)}"]
        case Paragraph(text=text, kind="question"):
            return [f"*{_plain(text)}*"]
        case Paragraph(text=text, kind="answer"):
            return ["\n".join(f"> {_line(line)}".rstrip() for line in text.splitlines())]
        case Paragraph(text=text, kind="mark" | "missing"):
            return [f"**{_plain(text)}**"]
        case Paragraph(text=text):
            return [_plain(text)]
        case Table(columns=columns, rows=rows):
            lines = [_row(columns), _row(("---",) * len(columns), plain=False), *map(_row, rows)]
            return ["\n".join(lines)]


def _row(cells: tuple[str, ...], *, plain: bool = True) -> str:
    if not plain:
        return f"| {' | '.join(cells)} |"
    return f"| {' | '.join('<br>'.join(map(_inline, cell.splitlines())) for cell in cells)} |"


def _plain(text: str) -> str:
    return " ".join(_line(line) for line in text.splitlines())


def _line(text: str) -> str:
    return _AT_START.sub(r"\1\\", _inline(text))


def _inline(text: str) -> str:
    return _SPECIAL.sub(r"\\\1", text.strip())
