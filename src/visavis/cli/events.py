"""`visavis events`: what happened elsewhere."""

import asyncio
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from visavis.cli.messages import say
from visavis.cli.options import (
    AsJson,
    DatabaseUrl,
    DataDir,
    Scenario,
    SiteName,
    err,
    out,
    print_json,
    settings,
)
from visavis.cli.progress import progress_bar

if TYPE_CHECKING:
    from collections.abc import Callable

    from visavis.config import Settings

events_app = typer.Typer(no_args_is_help=True, help=say("What members did elsewhere: import of business data."))


@events_app.callback()
def _group() -> None:
    """One command so far; the group keeps its name."""


@events_app.command(
    "import",
    epilog="`visavis events import purchases.csv --mapping purchases.yaml --dry-run`",
    help=say("Read a table of purchases, visits or the like, and keep what members did who allow it."),
)
def import_command(
    file: Annotated[Path, typer.Argument(help=say("CSV with a header, or Parquet."), show_default=False)],
    mapping: Annotated[Path, typer.Option(help=say("YAML file that says which column is what."), show_default=False)],
    dry_run: Annotated[bool, typer.Option("--dry-run", help=say("Check and count, keep nothing."))] = False,
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
    scenario: Scenario = None,
    site: SiteName = None,
    json_: AsJson = False,
) -> None:
    """Nothing is kept when a row is wrong; the same file again changes nothing. A running site may go on."""
    given = settings(data_dir=data_dir, database_url=database_url, scenario=scenario, site=site)
    with progress_bar(err) as progress:
        counts = asyncio.run(_imported(given, file, mapping, dry_run=dry_run, progress=progress))
    if json_:
        print_json({"dry_run": dry_run, **counts})
        return
    table = Table(show_header=False, title=say("Nothing was kept: a dry run") if dry_run else None)
    for name, count in counts.items():
        table.add_row(say(NAMES[name]), f"{count:,}")
    out.print(table)


NAMES = {
    "rows": "rows read",
    "kept": "events kept",
    "known": "known from before",
    "repeated": "twice in the file",
    "unwanted": "left out by the mapping",
    "nobody": "of nobody",
    "strangers": "of somebody who is no member here",
    "without_consent": "of members without consent to personalise",
}


async def _imported(
    given: "Settings", file: Path, mapping_file: Path, *, dry_run: bool, progress: "Callable[[str, float], None]"
) -> dict[str, int]:
    from visavis.learning.series.mapping import read_mapping
    from visavis.learning.series.rows import read_rows
    from visavis.pipeline.importing import Reference
    from visavis.scenarios.loader import load_scenario
    from visavis.server.desk import open_importer
    from visavis.server.wall_clock import WallClock

    scenario = load_scenario(given.scenario)
    mapping = read_mapping(mapping_file, scenario)
    progress("reading the table", 0.0)
    rows = await asyncio.to_thread(read_rows, file, mapping, scenario, WallClock().now())
    progress("reading the table", 1.0)
    async with open_importer(given) as importer:
        done = await importer.take(
            rows.events,
            reference=Reference(mapping.member.is_),
            source=mapping.source,
            dry_run=dry_run,
            progress=progress,
        )
    counts = {"rows": rows.read, "unwanted": rows.unwanted, "nobody": rows.nobody, **asdict(done)}
    return {name: counts[name] for name in NAMES}
