"""`visavis bench`."""

from dataclasses import asdict
from enum import StrEnum
from typing import Annotated

import typer
from rich.table import Table

from visavis.cli.messages import say
from visavis.cli.options import AsJson, CacheDir, Scenario, err, out, print_json, settings
from visavis.cli.progress import progress_bar


class Part(StrEnum):
    """What can be measured."""

    FACES = "faces"
    DECIDE = "decide"
    STORAGE = "storage"


def bench(
    parts: Annotated[
        list[Part] | None, typer.Argument(help=say("What to measure."), show_default=say("everything"))
    ] = None,
    scenario: Scenario = None,
    cache_dir: CacheDir = None,
    json_: AsJson = False,
) -> None:
    """Print quantiles of each step."""
    from visavis.server.bench import run_bench

    given = settings(scenario=scenario, cache_dir=cache_dir)
    with progress_bar(err) as progress:
        results = run_bench(given, [part.value for part in parts or Part], progress)
    if json_:
        print_json({part: [asdict(t) for t in timings] for part, timings in results.items()})
        return
    for part, timings in results.items():
        table = Table(say("step"), say("rounds"), "p50 µs", "p95 µs", "p99 µs", title=part)
        for t in timings:
            table.add_row(t.step, str(t.rounds), f"{t.p50_us:,.1f}", f"{t.p95_us:,.1f}", f"{t.p99_us:,.1f}")
        out.print(table)
