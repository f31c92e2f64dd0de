"""An assessment as PDF, on A4; the only import of reportlab.

Latin letters are Helvetica, Chinese is STSong-Light: readers bring both (ISO 32000-1, 9.6.2.2 and 9.7.5.2), so that no
font file is needed. What neither can draw, such as an emoji, is written as its code point.
"""

from collections.abc import Iterator
from functools import partial
from html import escape
from io import BytesIO
from itertools import groupby
from typing import Any, Literal

from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfbase.pdfmetrics import registerFont
from reportlab.platypus import CondPageBreak, Flowable, LongTable, SimpleDocTemplate, Spacer
from reportlab.platypus import Paragraph as Laid

from visavis.privacy.assessment.blocks import Document, Heading, Paragraph, Table

LATIN, CHINESE = "Helvetica", "STSong-Light"
INK, SOFT, ACCENT, WARN, LINE, WASH = map(HexColor, ("#17232d", "#55646f", "#0d6571", "#8d2b17", "#d9d6cd", "#eef4f4"))
MARGIN = 18 * mm
WIDTH = A4[0] - 2 * MARGIN
TOGETHER = 40 * mm  # a heading and what follows it
CELL_CHARS = 1200  # a longer cell would not fit on a page


def pdf(document: Document, *, compressed: bool = True) -> bytes:
    """The bytes of the file; the same document gives the same bytes."""
    registerFont(UnicodeCIDFont(CHINESE))
    out = BytesIO()
    template = SimpleDocTemplate(
        out,
        pagesize=A4,
        title=document.title,
        author="visavis",
        lang=document.locale,
        leftMargin=MARGIN,
        rightMargin=MARGIN,
        topMargin=MARGIN,
        bottomMargin=MARGIN,
        invariant=1,
        pageCompression=int(compressed),
    )
    styles = _styles("CJK" if document.locale == "zh-CN" else None)
    story = [flowable for block in document.blocks for flowable in _laid(block, styles)]
    number = partial(_number, title=document.title)
    template.build(story, onFirstPage=number, onLaterPages=number)
    return out.getvalue()


def _number(canvas: Any, _template: Any, *, title: str) -> None:
    """Title and page below each page."""
    canvas.saveState()
    canvas.setFillColor(SOFT)
    x = MARGIN
    for font, run in _runs(title):
        canvas.setFont(font, 8)
        canvas.drawString(x, 10 * mm, run)
        x += canvas.stringWidth(run, font, 8)
    canvas.setFont(LATIN, 8)
    canvas.drawRightString(A4[0] - MARGIN, 10 * mm, str(canvas.getPageNumber()))
    canvas.restoreState()


Styles = dict[str, ParagraphStyle]


def _styles(wrap: Literal["CJK"] | None) -> Styles:
    base = ParagraphStyle(
        "text", fontName=LATIN, fontSize=9.5, leading=14, textColor=INK, spaceAfter=5, wordWrap=wrap, splitLongWords=1
    )
    return {
        "text": base,
        "1": ParagraphStyle("1", base, fontSize=19, leading=25, spaceAfter=10),
        "2": ParagraphStyle("2", base, fontSize=13, leading=18, spaceBefore=12, textColor=ACCENT),
        "question": ParagraphStyle("question", base, textColor=SOFT, spaceAfter=1, keepWithNext=1),
        "answer": ParagraphStyle("answer", base, leftIndent=9, borderPadding=(0, 0, 0, 4)),
        "mark": ParagraphStyle("mark", base, textColor=WARN, fontSize=10.5),
        "missing": ParagraphStyle("missing", base, textColor=WARN),
        "cell": ParagraphStyle("cell", base, fontSize=8, leading=11, spaceAfter=0),
        "head": ParagraphStyle("head", base, fontSize=8, leading=11, spaceAfter=0, textColor=ACCENT),
    }


def _laid(block: Heading | Paragraph | Table, styles: Styles) -> Iterator[Flowable]:
    match block:
        case Heading(text=text, level=level):
            yield CondPageBreak(TOGETHER)
            yield Laid(_marked(text), styles[str(level)])
        case Paragraph(text=text, kind=kind):
            yield Laid(_marked(text), styles[kind])
        case Table(columns=columns, rows=rows, widths=widths):
            cells = [[Laid(_marked(column), styles["head"]) for column in columns]]
            cells += [[Laid(_marked(_fitting(cell)), styles["cell"]) for cell in row] for row in rows]
            yield LongTable(cells, colWidths=[share * WIDTH for share in widths], repeatRows=1, style=_GRID)
            yield Spacer(0, 6)


_GRID = [
    ("GRID", (0, 0), (-1, -1), 0.5, LINE),
    ("BACKGROUND", (0, 0), (-1, 0), WASH),
    ("VALIGN", (0, 0), (-1, -1), "TOP"),
    ("TOPPADDING", (0, 0), (-1, -1), 3),
    ("BOTTOMPADDING", (0, 0), (-1, -1), 4),
]


def _fitting(text: str) -> str:
    return text if len(text) <= CELL_CHARS else f"{text[:CELL_CHARS]} …"


# ------ letters


def _marked(text: str) -> str:
    """Reportlab's markup: escaped, each run in a font that has its letters."""
    lines = (
        "".join(f'<font name="{font}">{escape(run)}</font>' for font, run in _runs(line)) for line in text.split("\n")
    )
    return "<br/>".join(lines)


def _runs(text: str) -> Iterator[tuple[str, str]]:
    drawn = "".join(letter if _font(letter) else f"[U+{ord(letter):04X}]" for letter in text)
    for font, letters in groupby(drawn, _font):
        yield font or LATIN, "".join(letters)


def _font(letter: str) -> str:
    """The font that has a letter; empty: neither."""
    if letter == "\t":
        return LATIN
    for font, encoding in ((LATIN, "cp1252"), (CHINESE, "gbk")):
        try:
            letter.encode(encoding)
        except UnicodeEncodeError:
            continue
        return font
    return ""
