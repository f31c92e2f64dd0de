"""`visavis retention`."""

import asyncio
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from visavis.cli.messages import say
from visavis.cli.options import AsJson, DatabaseUrl, DataDir, Scenario, err, out, print_json, settings
from visavis.cli.progress import progress_bar

if TYPE_CHECKING:
    from visavis.server.retention import Line

WHAT = {
    "biometric": "face templates",
    "membership": "memberships",
    "lapsed": "history after consent ended",
    "event": "events",
    "decision": "decisions, plays and outcomes",
    "allowance": "counts of impressions",
    "review": "reviews of matches",
    "consent": "receipts of who has gone",
    "audit": "audit log",
    "erasure": "list of who was forgotten",
    "log": "technical log",
}
SINCE = {
    "last_visit": "last visit",
    "consent_end": "end of the consent",
    "made": "when it was made",
    "departure": "end of the last consent",
}

retention_app = typer.Typer(no_args_is_help=True, help=say("How long things are kept, and the job that keeps to it."))


@retention_app.command(
    "show",
    epilog="`visavis retention show --json`",
    help=say("What is kept, since when that counts, for how many days, and when it was last looked at."),
)
def retention_show(
    data_dir: DataDir = None, database_url: DatabaseUrl = None, scenario: Scenario = None, json_: AsJson = False
) -> None:
    """The same as the public page."""
    from visavis.server.retention import shown

    _print(asyncio.run(shown(settings(data_dir=data_dir, database_url=database_url, scenario=scenario))), json_=json_)


@retention_app.command(
    "run",
    epilog="`visavis retention run --dry-run`",
    help=say("Delete now what is older than its schedule; a running site does it every hour by itself."),
)
def retention_run(
    dry_run: Annotated[bool, typer.Option("--dry-run", help=say("Only say what would go."))] = False,
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
    scenario: Scenario = None,
    json_: AsJson = False,
) -> None:
    """Templates whose members did not come, memberships, events and decisions; it may run beside the site."""
    from visavis.server.retention import ran

    given = settings(data_dir=data_dir, database_url=database_url, scenario=scenario)
    with progress_bar(err) as progress:
        lines = asyncio.run(ran(given, dry=dry_run, progress=progress))
    _print(lines, json_=json_)
    total = sum(line.removed or 0 for line in lines)
    if not json_:
        text = say("{total} would go; nothing has changed.") if dry_run else say("{total} went.")
        out.print(text.format(total=f"{total:,}"), highlight=False)


def _print(lines: "list[Line]", *, json_: bool) -> None:
    if json_:
        print_json([asdict(line) for line in lines])
        return
    table = Table(say("category"), say("counted from"), say("days"), say("looked at"), say("removed"))
    for line in lines:
        days = say("without limit") if line.days is None else f"{line.days:,}"
        at = f"{line.last_run:%Y-%m-%d %H:%M} UTC" if line.last_run else "–"
        removed = "–" if line.removed is None else f"{line.removed:,}"
        table.add_row(say(WHAT[line.category]), say(SINCE[line.since]), days, at, removed)
    out.print(table)
