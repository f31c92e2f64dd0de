"""A document before it is Markdown, HTML or PDF: plain text in blocks; each renderer escapes for itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Kind = Literal["text", "mark", "question", "answer", "missing"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """Of the whole (level 1) or of a section (level 2)."""

    text: str
    level: int = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Paragraph:
    """Plain text; an answer may hold several lines."""

    text: str
    kind: Kind = "text"


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Rows of cells of plain text."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    widths: tuple[float, ...]  # shares of the page, for paper

    def __post_init__(self) -> None:
        if {len(row) for row in self.rows} | {len(self.columns)} != {len(self.widths)}:
            raise ValueError("every row has a cell for each column")


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """Blocks in order."""

    locale: str
    title: str
    blocks: Sequence[Heading | Paragraph | Table]
