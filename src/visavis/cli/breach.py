"""`visavis breach`."""

import asyncio
import sys
from dataclasses import asdict
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from visavis.cli.messages import chinese, say
from visavis.cli.options import AsJson, DatabaseUrl, DataDir, err, print_json, settings
from visavis.cli.progress import progress_bar
from visavis.cli.times import time_of
from visavis.errors import InputRefused

if TYPE_CHECKING:
    from visavis.privacy.breach import Breach

breach_app = typer.Typer(no_args_is_help=True, help=say("When something happened: whom it concerns, and what to do."))


class ScopeName(StrEnum):
    """As `visavis.privacy.breach.Scope`, which is not imported to show `--help`."""

    EDGE = "edge"
    HUB = "hub"
    KEYS = "keys"
    BACKUP = "backup"


@breach_app.callback()
def _group() -> None:
    """Keeps `report` a command of its own."""


@breach_app.command(
    "report",
    epilog="`visavis breach report --since 7d --scope backup --scope keys --html --out report.html`",
    help=say("Which members and data an incident concerns, how protected, by when to tell whom, what to do."),
)
def report(
    since: Annotated[
        datetime,
        typer.Option(parser=time_of, metavar="TIME", help=say("From then on: 24h, 7d or 2026-01-05T09:00.")),
    ],
    until: Annotated[
        datetime | None,
        typer.Option(parser=time_of, metavar="TIME", help=say("Until then."), show_default=say("now")),
    ] = None,
    scope: Annotated[
        list[ScopeName] | None,
        typer.Option(help=say("What somebody may have had; repeatable."), show_default="edge, hub"),
    ] = None,
    md: Annotated[bool, typer.Option("--md", help=say("Markdown; the default."))] = False,
    html: Annotated[bool, typer.Option("--html", help=say("One HTML page."))] = False,
    json_: AsJson = False,
    out_file: Annotated[
        Path | None, typer.Option("--out", dir_okay=False, help=say("Write it here."), show_default=False)
    ] = None,
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
) -> None:
    """Written down in the audit log."""
    from visavis.privacy.breach import Scope
    from visavis.server.breach import report as reported

    if md + html + json_ > 1:
        raise InputRefused("--md, --html, --json: give one of them")
    given = settings(data_dir=data_dir, database_url=database_url)
    scopes = frozenset(Scope(one) for one in scope or (ScopeName.EDGE, ScopeName.HUB))
    with progress_bar(err) as progress:
        made = asyncio.run(reported(given, scopes=scopes, since=since, until=until, progress=progress))
    if json_ and out_file is None:
        print_json(asdict(made))
        return
    text = _written(made, html=html, as_json=json_)
    if out_file is None:
        sys.stdout.write(text)
        return
    try:
        out_file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise InputRefused(f"{out_file.name}: cannot be written: {error.strerror}") from error
    err.print(say("Written: {file}").format(file=escape(str(out_file))), soft_wrap=True)


def _written(made: "Breach", *, html: bool, as_json: bool) -> str:
    import json

    from visavis.privacy.assessment.html import html as as_html
    from visavis.privacy.assessment.markdown import markdown
    from visavis.privacy.breach_text import document

    if as_json:
        return json.dumps(asdict(made), ensure_ascii=False, indent=2, default=str) + "\n"
    drawn = document(made, "zh-CN" if chinese() else "en")
    return as_html(drawn) if html else markdown(drawn)
