"""`visavis train horizon`: a policy that looks ahead, offline from the site's own log."""

import asyncio
from dataclasses import asdict
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from visavis.cli.messages import say
from visavis.cli.options import AsJson, DatabaseUrl, DataDir, Scenario, SiteName, out, print_json, settings

if TYPE_CHECKING:
    from visavis.config import Settings

EPILOG = "`visavis train horizon --scenario retail --days 90`, then `visavis models gate policy 1`"
HELP = say("A policy that looks ahead: what an item shown now leaves of the visits to come.")


def train_horizon_command(
    days: Annotated[float, typer.Option(min=1.0, help=say("Days of the log to learn from."))] = 90.0,
    gamma: Annotated[
        float, typer.Option(min=0.0, max=0.999, help=say("Worth of a reward a day later, as a share of one now."))
    ] = 0.97,
    seed: Annotated[int, typer.Option(min=0, help=say("Seed of everything that is drawn."))] = 1,
    scenario: Scenario = None,
    site: SiteName = None,
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
    json_: AsJson = False,
) -> None:
    """It enters the registry as a shadow, with its gain over what serves; the gate decides."""
    given = settings(scenario=scenario, site=site, data_dir=data_dir, database_url=database_url)
    found = asyncio.run(_trained(given, days, gamma, seed))
    if json_:
        print_json(found)
        return
    gain = found["gain"]
    table = Table(show_header=False)
    table.add_row(say("version"), str(found["version"]))
    table.add_row(say("members"), f"{found['members']:,}")
    table.add_row(say("the new one"), f"{gain['new']:.6g}")
    table.add_row(say("what serves"), f"{gain['current']:.6g}")
    table.add_row(say("better by, 95 %"), f"{gain['low']:+.6g} … {gain['high']:+.6g}")
    out.print(table)


async def _trained(given: "Settings", days: float, gamma: float, seed: int) -> dict[str, Any]:
    from visavis.learning.horizon.fit import Recipe
    from visavis.learning.horizon.from_log import visits_of
    from visavis.learning.horizon.train import train_horizon
    from visavis.pipeline.lessons import Teachers
    from visavis.recommend.horizon import VERSION
    from visavis.scenarios.loader import load_scenario
    from visavis.server.guarding import serving_policy
    from visavis.server.models import open_registry
    from visavis.server.wall_clock import WallClock
    from visavis.types import PolicyName

    scenario, now = load_scenario(given.scenario), WallClock().now()
    async with open_registry(given) as (storage, registry):
        teachers = Teachers(
            ledger=storage.hub_ledger,
            eraser=storage.eraser,
            events=storage.events,
            decisions=storage.decisions,
            scenario=scenario,
            site=given.site,
        )
        rows = await storage.judged.between(scenario.name, now - timedelta(days=days), now)
        taught = await teachers.judged(rows, now)
        serving, version = await serving_policy(scenario, registry, storage.policies)
        ahead = serving.name is PolicyName.HORIZON and serving.model_version == VERSION
        artefact, judgement = await asyncio.to_thread(
            train_horizon,
            visits_of(taught, scenario, now),
            scenario=scenario.name,
            against=version or 0,
            current=serving.snapshot(now, position=0).state["weights"] if ahead else None,
            recipe=Recipe(gamma=gamma),
            seed=seed,
            now=now,
        )
        kept = await registry.save(artefact)
    return {"version": kept.version, "members": judgement.gain.rows, "gain": asdict(judgement.gain)}
