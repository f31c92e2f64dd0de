"""`visavis bench feedback`."""

from dataclasses import asdict
from typing import Annotated

import typer

from visavis.cli.messages import say
from visavis.cli.options import AsJson, CacheDir, Scenario, err, out, print_json, settings
from visavis.cli.progress import progress_bar

EPILOG = "`visavis bench feedback --rounds 50 --json`"
HELP = say("Measure how soon a reaction changes the next decision, over HTTP on a fresh site.")


def bench_feedback_command(
    rounds: Annotated[int, typer.Option(min=1, max=10_000, help=say("Reactions, one after the other."))] = 30,
    scenario: Scenario = None,
    cache_dir: CacheDir = None,
    json_: AsJson = False,
) -> None:
    """On an embedded PostgreSQL in a temporary folder."""
    from visavis.server.bench.feedback import bench_feedback
    from visavis.server.logs import configure

    configure("error", pretty=False)
    with progress_bar(err) as progress:
        found = bench_feedback(settings(scenario=scenario, cache_dir=cache_dir), rounds, progress)
    if json_:
        print_json(asdict(found))
        return
    said = say(
        "Reaction to decision: {seconds} s (median, quartiles), slowest of {rounds}: {slowest} s; promised: 2 s."
    )
    text = said.format(seconds=found.seconds, rounds=found.rounds, slowest=f"{found.slowest:.3g}")
    out.print(text, highlight=False)
