"""`visavis models gate`: let a model serve if it is surely better than what serves."""

import asyncio
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from visavis.cli.messages import say
from visavis.cli.options import AsJson, DatabaseUrl, DataDir, Scenario, SiteName, out, print_json, settings

if TYPE_CHECKING:
    from visavis.config import Settings
    from visavis.pipeline.promotion import Verdict

EPILOG = "`visavis models gate policy 3 --scenario finance --days 14`"
HELP = say("Let a model serve if it beats what serves at the lower bound; else it stays in shadow.")


def models_gate(
    kind: Annotated[str, typer.Argument(help=say("What the model is for."), show_default=False)],
    version: Annotated[int, typer.Argument(min=1, help=say("Number of the model."), show_default=False)],
    days: Annotated[float, typer.Option(min=0.01, help=say("Days of the log that a policy is judged by."))] = 30.0,
    scenario: Scenario = None,
    site: SiteName = None,
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
    json_: AsJson = False,
) -> None:
    """Exit status 1 where it stays in shadow."""
    given = settings(scenario=scenario, site=site, data_dir=data_dir, database_url=database_url)
    verdict = asyncio.run(_considered(given, kind, version, days))
    if json_:
        print_json(_document(verdict))
    else:
        _print(verdict)
    if not verdict.promoted:
        raise typer.Exit(1)


async def _considered(given: "Settings", kind: str, version: int, days: float) -> "Verdict":
    from visavis.errors import InputRefused
    from visavis.pipeline.lessons import Teachers
    from visavis.pipeline.promotion import GAIN, Gate
    from visavis.scenarios.loader import load_scenario
    from visavis.server.guarding import serving_policy
    from visavis.server.models import open_registry
    from visavis.server.wall_clock import WallClock
    from visavis.types import ModelKind

    if kind not in set(ModelKind):
        raise InputRefused(f"{kind}: a model is one of {', '.join(ModelKind)}")
    scenario, wanted = load_scenario(given.scenario), ModelKind(kind)
    async with open_registry(given) as (storage, registry):
        teachers = Teachers(
            ledger=storage.hub_ledger,
            eraser=storage.eraser,
            events=storage.events,
            decisions=storage.decisions,
            scenario=scenario,
            site=given.site,
        )
        gate = Gate(
            scenario=scenario,
            registry=registry,
            judged=storage.judged,
            teachers=teachers,
            audit=storage.hub_audit,
            clock=WallClock(),
        )
        artefact = await registry.at(wanted, scenario.name, version)
        if wanted is not ModelKind.POLICY or GAIN in artefact.meta:
            return await gate.consider_as_measured(wanted, version)
        current, _ = await serving_policy(scenario, registry, storage.policies)
        return await gate.consider_policy(version, current, days=days)


def _document(verdict: "Verdict") -> dict[str, Any]:
    from dataclasses import asdict

    return asdict(verdict)


def _print(verdict: "Verdict") -> None:
    found = verdict.gain
    table = Table(show_header=False)
    table.add_row(say("figure"), found.measure)
    table.add_row(say("the new one"), f"{found.new:.6g}")
    table.add_row(say("what serves"), f"{found.current:.6g}")
    table.add_row(say("better by, 95 %"), f"{found.low:+.6g} … {found.high:+.6g}")
    table.add_row(say("rows"), f"{found.rows:,}")
    out.print(table)
    if verdict.promoted:
        out.print(say("{kind} {version} serves now.").format(kind=verdict.kind.value, version=verdict.version))
    else:
        out.print(say("It stays in shadow: {why}").format(why=verdict.why), soft_wrap=True)
