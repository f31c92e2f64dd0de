"""What a model is trained on: the site's own members, a file of events, or simulated members with known truth."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from visavis.cli.messages import say
from visavis.errors import ExtraMissing, InputRefused, ModelMoveRefused

if TYPE_CHECKING:
    from visavis.behaviour.series import Series
    from visavis.config import Settings
    from visavis.pipeline.lessons import Lessons, Teachers
    from visavis.privacy.registry import Registry
    from visavis.storage.database import Storage
    from visavis.types import Artefact, Scenario

EXTRA = {"torch", "onnxscript", "optuna", "pyarrow"}  # what `pip install 'visavis[learning]'` brings
OWN_DATA, SIMULATED = "LicenseRef-own-data", "CC0-1.0"
AT_LEAST = 20  # members

EventsFile = Annotated[
    Path | None,
    typer.Option(
        "--events", help=say("Learn from this file (CSV or Parquet) instead of the site."), show_default=False
    ),
]
Simulated = Annotated[
    int | None,
    typer.Option(
        min=AT_LEAST, help=say("Learn from so many simulated members of the scenario instead."), show_default=False
    ),
]
Noise = Annotated[
    float, typer.Option(min=0.0, max=10.0, help=say("How far chance decides what suits simulated members; 0 is clean."))
]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Data:
    """Members' events, and what is true of them where a simulator knows it."""

    series: "Series"
    source: str
    licence: str
    truth: Any = None  # `simulation.histories.Histories`
    lessons: "Lessons | None" = field(default=None, repr=False)


def gathered(
    given: "Settings", scenario: "Scenario", *, events: Path | None, simulated: int | None, noise: float, seed: int
) -> Data:
    """From whichever of the three was named; raises InputRefused for two at once."""
    if events is not None and simulated is not None:
        raise InputRefused("--events and --simulated: give one of them")
    if simulated is not None:
        from visavis.simulation.histories import histories

        found = histories(scenario, simulated, seed=seed, noise=noise)
        source = f"{simulated:,} simulated members of {scenario.name}, noise {noise:g}, seed {seed}"
        return Data(series=found.series, source=source, licence=SIMULATED, truth=found)
    if events is not None:
        from visavis.learning.course.events_file import read_events

        return Data(series=read_events(events, scenario), source=f"events of {events.name}", licence=OWN_DATA)
    from visavis.behaviour.series import Series

    lessons = asyncio.run(_lessons(given, scenario))
    series = Series.of_events(lessons.events, scenario)
    source = f"events of members of {given.site} who let models learn; {lessons.left_out:,} others left out"
    return Data(series=series, source=source, licence=OWN_DATA, lessons=lessons)


async def _lessons(given: "Settings", scenario: "Scenario") -> "Lessons":
    from visavis.server.models import open_registry
    from visavis.server.wall_clock import WallClock

    async with open_registry(given) as (storage, _registry):
        return await _teachers(storage, scenario, given).gather(WallClock().now())


def _teachers(storage: "Storage", scenario: "Scenario", given: "Settings") -> "Teachers":
    from visavis.pipeline.lessons import Teachers

    return Teachers(
        ledger=storage.hub_ledger,
        eraser=storage.eraser,
        events=storage.events,
        decisions=storage.decisions,
        scenario=scenario,
        site=given.site,
    )


def serving(given: "Settings", scenario: "Scenario", kind: str) -> "Artefact | None":
    """The model that serves, if there is one."""
    return asyncio.run(_serving(given, scenario, kind))


async def _serving(given: "Settings", scenario: "Scenario", kind: str) -> "Artefact | None":
    from visavis.server.models import open_registry
    from visavis.types import ModelKind

    async with open_registry(given) as (_storage, registry):
        return await registry.live(ModelKind(kind), scenario.name)


def registered(given: "Settings", scenario: "Scenario", artefact: "Artefact", data: Data, why: str) -> int:
    """The version under which the registry keeps it, as a shadow.

    Raises:
        ModelMoveRefused: somebody who taught it has withdrawn since; nothing is kept.
    """
    return asyncio.run(_registered(given, scenario, artefact, data, why))


async def _registered(given: "Settings", scenario: "Scenario", artefact: "Artefact", data: Data, why: str) -> int:
    from visavis.server.models import open_registry
    from visavis.server.wall_clock import WallClock

    async with open_registry(given) as (storage, registry):
        if data.lessons is not None:
            gone = await _teachers(storage, scenario, given).gone(data.lessons, WallClock().now())
            if gone:
                raise ModelMoveRefused(f"{gone} of its members withdrew while it learned; train again without them")
        return (await _saved(registry, artefact, why)).version


async def _saved(registry: "Registry", artefact: "Artefact", why: str) -> "Artefact":
    from visavis.types import ModelState

    return await registry.save(artefact, ModelState.SHADOW, why)


@contextmanager
def learning_installed() -> Iterator[None]:
    """Around imports of what needs `visavis[learning]`; raises ExtraMissing."""
    try:
        yield
    except ModuleNotFoundError as missing:
        if missing.name not in EXTRA:
            raise
        raise ExtraMissing("training: pip install 'visavis[learning]'") from missing
