"""`visavis bench off-policy`: do the intervals of `visavis evaluate policy` hold what they promise?"""

from dataclasses import asdict
from typing import Annotated

import typer
from rich.table import Table

from visavis.cli.messages import say
from visavis.cli.options import AsJson, err, out, print_json
from visavis.cli.progress import progress_bar

EPILOG = "`visavis bench off-policy --logs 4000 --rows 2000 --json`"
HELP = say("How often the 95 % intervals of an off-policy estimate hold the truth, over simulated logs.")


def bench_off_policy(
    logs: Annotated[int, typer.Option(min=10, help=say("Simulated logs."))] = 1000,
    rows: Annotated[int, typer.Option(min=100, help=say("Rows of each."))] = 2000,
    draws: Annotated[int, typer.Option(min=0, help=say("Bootstrap resamples of each; 0 leaves it out."))] = 500,
    mean: Annotated[
        float,
        typer.Option(min=0.0001, max=0.7, help=say("Mean reward; small where rewards are rare.")),
    ] = 0.3,
    seed: Annotated[int, typer.Option(min=0, help=say("Seed of everything that is drawn."))] = 1,
    json_: AsJson = False,
) -> None:
    """A share between 93 and 97 % is as promised."""
    import numpy as np

    from visavis.learning.off_policy.coverage import measure_coverage

    with progress_bar(err) as progress:
        found = measure_coverage(
            logs=logs, rows=rows, draws=draws, mean=mean, rng=np.random.default_rng(seed), progress=progress
        )
    if json_:
        print_json(
            {
                "logs": logs,
                "rows": rows,
                "draws": draws,
                "mean": mean,
                "seed": seed,
                "coverage": [asdict(c) for c in found],
            }
        )
        return
    table = Table(
        say("estimator"),
        say("interval"),
        say("holds the truth"),
        say("above it"),
        say("below it"),
        say("width"),
        say("error"),
        title=say("{logs} simulated logs of {rows} rows").format(logs=f"{logs:,}", rows=f"{rows:,}"),
    )
    for c in found:
        held = f"{c.covered.value:.2%}  ({c.covered.low:.2%} … {c.covered.high:.2%})"
        ends = (f"{c.above:.2%}", f"{c.below:.2%}", f"{c.width:.4f}", f"{c.error:.4f}")
        table.add_row(c.estimator.value, say(c.interval), held, *ends)
    out.print(table)
