"""`visavis bench profile`."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from visavis.cli.evaluate_behaviour import EXTRA, CellName
from visavis.cli.messages import say
from visavis.cli.options import AsJson, Scenario, err, out, print_json, settings
from visavis.cli.progress import progress_bar
from visavis.errors import ExtraMissing

if TYPE_CHECKING:
    from visavis.learning.behaviour.speed import ProfileSpeed

EPILOG = "`visavis bench profile --batch 1 --batch 64 --json`"
HELP = say("How long one event takes to change a profile, alone and among others, on one core.")


def bench_profile(
    network: Annotated[
        CellName, typer.Option(help=say("GRU of 128, or the reference: two LSTM layers of 256 and 128."))
    ] = CellName.GRU,
    int8: Annotated[bool, typer.Option("--int8", help=say("Compute the step in eight-bit whole numbers."))] = False,
    batch: Annotated[
        list[int] | None,
        typer.Option(min=1, max=4096, help=say("Events at once; repeatable."), show_default="1 and 64"),
    ] = None,
    rounds: Annotated[int, typer.Option(min=10, max=1_000_000, help=say("Times that each is measured."))] = 2000,
    scenario: Scenario = None,
    json_: AsJson = False,
) -> None:
    """Random weights: a trained network takes as long."""
    from visavis.scenarios.loader import load_scenario

    try:
        from visavis.learning.behaviour.recipe import REFERENCE, Recipe
        from visavis.learning.behaviour.speed import measure_profile
    except ModuleNotFoundError as missing:
        if missing.name not in EXTRA:
            raise
        raise ExtraMissing("a network to measure: pip install 'visavis[learning]'") from missing

    pack = load_scenario(settings(scenario=scenario).scenario)
    with progress_bar(err) as progress:
        found = measure_profile(
            pack,
            Recipe() if network is CellName.GRU else REFERENCE,
            batches=batch or [1, 64],
            rounds=rounds,
            whole_numbers=int8,
            progress=progress,
        )
    if json_:
        print_json(asdict(found))
    else:
        _print(found)


def _print(found: "ProfileSpeed") -> None:
    title = say("{network}, {weights} weights, one thread; microseconds an event").format(
        network=found.network, weights=f"{found.weights:,}"
    )
    table = Table(say("step"), say("events at once"), say("rounds"), "p50 µs", "p95 µs", "p99 µs", title=title)
    for t in found.timings:
        cells = (f"{t.p50_us:,.1f}", f"{t.p95_us:,.1f}", f"{t.p99_us:,.1f}")
        table.add_row(say(t.step), str(t.batch), f"{t.rounds:,}", *cells)
    out.print(table)
    batched = "A row comes out the same to the bit, alone and in a batch of every size."
    alone = "This processor gives other bits in a batch: every row is computed alone."
    out.print(say(alone if found.row_alone else batched), highlight=False)
