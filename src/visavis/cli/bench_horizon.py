"""`visavis bench horizon`: does looking ahead pay, and is it let in only where it does?"""

from dataclasses import asdict
from typing import Annotated

import typer
from rich.table import Table

from visavis.cli.messages import say
from visavis.cli.options import AsJson, err, out, print_json
from visavis.cli.progress import progress_bar

EPILOG = "`visavis bench horizon --members 3000 --logs 20 --json`"
HELP = say("Looking ahead beside the bandit, in a simulated world where members tire and in one where nobody does.")


def bench_horizon_command(
    members: Annotated[int, typer.Option(min=100, help=say("Members of each log and life."))] = 3000,
    logs: Annotated[int, typer.Option(min=1, help=say("Logs to judge on, of each world."))] = 20,
    seed: Annotated[int, typer.Option(min=0, help=say("Seed of everything that is drawn."))] = 1,
    json_: AsJson = False,
) -> None:
    """Reward of a member over 120 days, and how often the gate would have let it in."""
    from visavis.learning.horizon.bench import bench_horizon

    with progress_bar(err) as progress:
        found = bench_horizon(members=members, logs=logs, seed=seed, progress=progress)
    if json_:
        print_json({"members": members, "seed": seed, **asdict(found)})
        return
    table = Table(say("world"), say("policy"), say("reward of a member"))
    for one in found.lived:
        held = f"{one.reward.value:.3f}  ({one.reward.low:.3f} … {one.reward.high:.3f})"
        table.add_row(say(one.world), one.policy, held)
    out.print(table)
    for judged in found.judged:
        line = say("{world}: let in from {count} of {logs} logs.")
        out.print(line.format(world=say(judged.world), count=judged.let_in, logs=judged.logs), highlight=False)
