"""The report as one HTML page that needs nothing else; Plotly's script is that of the installed package."""

import json
from html import escape
from typing import Any

from plotly.offline import get_plotlyjs

from visavis.learning.report.document import SECTIONS, section_blocks
from visavis.learning.report.figures import figures
from visavis.learning.report.report import Report
from visavis.learning.report.texts import text
from visavis.learning.report.words import advised, period, privacy
from visavis.privacy.assessment.blocks import Heading, Paragraph, Table

POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data: blob:"
OPEN = frozenset({"uplift", "segments"})  # sections whose table is part of what they say

STYLE = """
:root { color-scheme: light dark; --ink: #17232d; --soft: #55646f; --accent: #0d6571; --warn: #a2341c; --line: #d9d6cd;
  --wash: #eef4f4; --full: #86c4cb; --page: #f6f5f1; --card: #ffffff; --notice: #fbe9e4;
  --s0: #0d6571; --s1: #c2571a; --s2: #5b4b9a;
  --s3: #2e7d32; --s4: #a8326e; --s5: #7a6a00; }
@media (prefers-color-scheme: dark) { :root { --ink: #e8edf0; --soft: #a3b1ba; --accent: #4fb3bf; --warn: #ff9b80;
  --line: #35434d; --wash: #1e2c34; --full: #1f6f7a; --page: #10181d; --card: #172229; --notice: #3a221b;
  --s0: #4fb3bf; --s1: #f0935a;
  --s2: #a99be6; --s3: #7cc47f; --s4: #e58ab8; --s5: #d5c24a; } }
* { box-sizing: border-box; }
body { margin: 0; color: var(--ink); background: var(--page); overflow-wrap: break-word;
  font: 1rem/1.55 system-ui, "Noto Sans", "Noto Sans CJK SC", "Microsoft YaHei", sans-serif; }
main { max-width: 66rem; margin: 0 auto; padding: 1.5rem 1rem 3rem; }
h1 { margin: .5rem 0 .2rem; font-size: clamp(1.5rem, 4vw, 2rem); line-height: 1.25; }
h2 { margin: 0 0 .6rem; font-size: 1.2rem; color: var(--accent); }
.when, .quiet { color: var(--soft); } .quiet { font-size: .92rem; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(8.5rem, 1fr)); gap: .8rem; margin: 1.2rem 0; }
.tile, section { background: var(--card); border: 1px solid var(--line); border-radius: .8rem; }
.tile { padding: .8rem 1rem; } .tile b { display: block; font-size: 1.6rem; line-height: 1.2; }
section { padding: 1.1rem clamp(.8rem, 2.5vw, 1.4rem); margin: 1rem 0; }
ol { margin: 0; padding-left: 1.3rem; } li { margin: .35rem 0; }
.missing { padding: .6rem .8rem; border-radius: .5rem; background: var(--notice); color: var(--warn); }
.plot { width: 100%; margin: .4rem 0; } .scroll { overflow-x: auto; }
table { width: 100%; border-collapse: collapse; font-size: .92rem; margin: .6rem 0; }
th, td { padding: .4rem .6rem; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; }
th { color: var(--soft); font-weight: 600; } td:first-child { font-weight: 600; } th, .short { white-space: nowrap; }
summary { cursor: pointer; color: var(--accent); padding: .3rem 0; }
@media (max-width: 600px) { table { font-size: .85rem; } th, td { padding: .35rem .3rem; }
  #segments thead { display: none; } #segments tr { display: block; padding: .4rem 0;
  border-bottom: 1px solid var(--line); }
  #segments td { display: inline-block; border: 0; } #segments td:last-child { display: block; }
  #segments td:first-child::before { content: "№ "; color: var(--soft); } }
@media print { body { background: #fff; } section, .tile { break-inside: avoid; } }
"""

SCRIPT = """
const plots = JSON.parse(document.getElementById("plots").textContent);
const config = {displayModeBar: false, responsive: true, scrollZoom: false};
function coloured(value, style) {
  if (typeof value === "string") return value.startsWith("--") ? style.getPropertyValue(value).trim() : value;
  if (Array.isArray(value)) return value.map(one => coloured(one, style));
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, coloured(one, style)]));
}
function draw() {
  const style = getComputedStyle(document.documentElement);
  for (const [section, figure] of Object.entries(plots)) {
    const {data, layout} = coloured(figure, style);
    layout.font.family = getComputedStyle(document.body).fontFamily;
    if (window.innerWidth < 600) layout.font.size = 11;
    Plotly.react("plot-" + section, data, layout, config);
  }
}
draw();
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
"""


def page(report: Report, locale: str) -> str:
    """The whole file, some 5 MB, most of which is Plotly."""
    title = f"{text('title', locale)}: {report.title}"
    drawn = figures(report, locale)
    body = [
        f"<header><h1>{escape(title)}</h1><p class=when>{escape(period(report, locale))}</p></header>",
        _tiles(report, locale),
        *(_section(report, section, locale, plot=section in drawn) for section in SECTIONS),
        f'<p class="quiet">{escape(privacy(report, locale))}</p>',
    ]
    return (
        f'<!doctype html>\n<html lang="{escape(locale)}">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
        f"<title>{escape(title)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n"
        + "\n".join(body)
        + f'\n</main>\n<script type="application/json" id="plots">{_embedded(drawn)}</script>\n'
        f"<script>{get_plotlyjs()}</script>\n<script>{SCRIPT}</script>\n</body>\n</html>\n"
    )


def _embedded(value: Any) -> str:
    """JSON that cannot end the script that it stands in."""
    return json.dumps(value, ensure_ascii=False).replace("<", "\\u003c")


def _tiles(report: Report, locale: str) -> str:
    sizes = {"members": report.members, "events": report.events, "decisions": report.decisions}
    tiles = (f"<div class=tile><b>{count:,}</b>{escape(text(name, locale))}</div>" for name, count in sizes.items())
    return f"<div class=tiles>{''.join(tiles)}</div>"


def _section(report: Report, section: str, locale: str, *, plot: bool) -> str:
    if section == "advice":
        sentences = "".join(f"<li>{_code(sentence)}</li>" for sentence in advised(report, locale))
        return f"<section><h2>{escape(text(section, locale))}</h2><ol>{sentences}</ol></section>"
    blocks = section_blocks(report, section, locale)
    notes = [_written(block) for block in blocks if not isinstance(block, Table)]
    tables = [_written(block) for block in blocks if isinstance(block, Table)]
    figure = f'<div class=plot id="plot-{section}"></div>' if plot else ""
    folded = plot and section not in OPEN
    if tables and folded:
        tables = [f"<details><summary>{escape(text('table', locale))}</summary>", *tables, "</details>"]
    first, rest = notes[:1], notes[1:]
    inside = "".join([*first, figure, *tables, *rest])
    return f'<section id="{section}"><h2>{escape(text(section, locale))}</h2>{inside}</section>'


def _code(sentence: str) -> str:
    """A sentence with commands between backticks."""
    parts = escape(sentence).split("`")
    return "".join(f"<code>{part}</code>" if number % 2 else part for number, part in enumerate(parts))


def _written(block: Heading | Paragraph | Table) -> str:
    match block:
        case Heading(text=words, level=level):
            return f"<h{level}>{escape(words)}</h{level}>"
        case Paragraph(text=words, kind=kind):
            return f'<p class="{"missing" if kind == "missing" else "quiet"}">{escape(words)}</p>'
        case Table(columns=columns, rows=rows):
            head = "".join(f"<th>{escape(column)}</th>" for column in columns)
            lines = "".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in rows)
            return f"<div class=scroll><table><thead><tr>{head}</tr></thead><tbody>{lines}</tbody></table></div>"


def _cell(words: str) -> str:
    short = ' class="short"' if not any(map(str.isalpha, words)) and "\n" not in words else ""
    return f"<td{short}>{'<br>'.join(map(escape, words.splitlines()))}</td>"
