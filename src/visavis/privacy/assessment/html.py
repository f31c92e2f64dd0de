"""An assessment as one HTML page that needs nothing else: no script, no picture, no font from elsewhere."""

from html import escape

from visavis.privacy.assessment.blocks import Document, Heading, Paragraph, Table

STYLE = """
:root { color-scheme: light; }
body { margin: 2.5rem auto; max-width: 62rem; padding: 0 1.5rem; color: #17232d; background: #fff;
  font: 1rem/1.55 system-ui, "Noto Sans", "Noto Sans CJK SC", "Microsoft YaHei", sans-serif;
  overflow-wrap: break-word; }
h1 { font-size: 1.9rem; line-height: 1.25; } h2 { margin-top: 2.2rem; font-size: 1.25rem; color: #0d6571; }
table { width: 100%; table-layout: fixed; border-collapse: collapse; margin: 1rem 0; font-size: .92rem; }
th, td { padding: .45rem .6rem; border: 1px solid #d9d6cd; text-align: left; vertical-align: top; }
th { background: #eef4f4; }
.question { margin-bottom: .2rem; color: #55646f; } .answer { margin-top: 0; padding-left: .9rem; white-space: pre-line;
  border-left: 3px solid #0d6571; }
.mark, .missing { padding: .5rem .8rem; background: #fbe9e4; color: #8d2b17; } .mark { font-weight: 600; }
@media print { body { margin: 0; max-width: none; } h2 { break-after: avoid; } tr { break-inside: avoid; } }
"""


def html(document: Document) -> str:
    """A whole page; every text is escaped."""
    body = "\n".join(_written(block) for block in document.blocks)
    policy = "default-src 'none'; style-src 'unsafe-inline'"
    return (
        f'<!doctype html>\n<html lang="{escape(document.locale)}">\n<head>\n<meta charset="utf-8">\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        f"<title>{escape(document.title)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n{body}\n</body>\n</html>\n"
    )


def _written(block: Heading | Paragraph | Table) -> str:
    match block:
        case Heading(text=text, level=level):
            return f"<h{level}>{escape(text)}</h{level}>"
        case Paragraph(text=text, kind=kind):
            return f'<p class="{kind}">{escape(text)}</p>'
        case Table(columns=columns, rows=rows, widths=widths):
            sizes = "".join(f'<col style="width: {share:.0%}">' for share in widths)
            head = "".join(f"<th>{escape(column)}</th>" for column in columns)
            lines = "\n".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in rows)
            top = f"<colgroup>{sizes}</colgroup>\n<thead><tr>{head}</tr></thead>"
            return f"<table>\n{top}\n<tbody>\n{lines}\n</tbody>\n</table>"


def _cell(text: str) -> str:
    return f"<td>{'<br>'.join(map(escape, text.splitlines()))}</td>"
