"""The retention job of one site: at start and every hour, by one process at a time, and from the command line."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import structlog

from visavis.config import Settings
from visavis.pipeline.retention import Progress, Retention, Swept
from visavis.ports import Clock, ErasureList
from visavis.privacy.jurisdiction import load_jurisdiction
from visavis.privacy.retention import Category, Schedule, schedule
from visavis.scenarios.loader import load_scenario
from visavis.server.beside import edge_beside
from visavis.server.keys import open_keys, root_of
from visavis.storage.database import Storage, open_storage
from visavis.types import Member, Ran

if TYPE_CHECKING:
    from visavis.server.site import Site

log = structlog.get_logger()

EVERY = timedelta(hours=1)
LOCK = "retention"


def job_of(
    storage: Storage, rules: Schedule, *, erasures: ErasureList, clock: Clock, gone: Callable[[Member], None]
) -> Retention:
    """The job over a site's storage."""
    return Retention(
        rules=rules,
        roster=storage.roster,
        erasures=erasures,
        ledger=storage.edge_ledger,
        visits=storage.visits,
        expiry=storage.expiry,
        edge_expiry=storage.edge_expiry,
        reviews=storage.reviews,
        clock=clock,
        gone=gone,
    )


class Retain:
    """Runs the job beside the requests, and when somebody asks."""

    def __init__(self, site: "Site") -> None:
        self._site = site
        rules = schedule(site.law, site.scenario)
        self.job = job_of(site.storage, rules, erasures=site.erasures, clock=site.clock, gone=site.dropped)

    async def follow(self) -> None:
        """At start, and whenever the last run of any process is an hour ago."""
        wanted = True
        while True:
            async with self._site.storage.only_one(LOCK):
                if wanted or await self._due():
                    await self.run()
            wanted = False
            await asyncio.sleep(EVERY.total_seconds() / 4)

    async def _due(self) -> bool:
        runs = await self._site.storage.visits.runs()
        return all(self._site.clock.now() - run.at >= EVERY for run in runs.values())

    async def run(self, *, progress: Progress = lambda _step, _share: None) -> Swept:
        """Once."""
        swept = await self.job.run(self._site.edge, progress=progress)
        self._site.tally.swept(swept.removed)
        if swept.total:
            log.info("expired", **{category.value: count for category, count in swept.removed.items() if count})
        return swept


# ------ what the command line asks


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of the schedule, with the last run or with what a run removed."""

    category: str
    since: str
    days: int | None
    last_run: datetime | None
    removed: int | None


async def shown(settings: Settings) -> list[Line]:
    """The schedule, and when each category was last looked at; no key is needed."""
    rules = _rules(settings)
    async with open_storage(settings.database_url, data_dir=settings.data_dir, half="edge") as storage:
        return lines_of(rules, await storage.visits.runs())


async def ran(settings: Settings, *, dry: bool, progress: Progress) -> list[Line]:
    """Run the job now, or look what it would remove; raises what `open_keys` raises."""
    rules, root = _rules(settings), root_of(settings)
    keys = open_keys(settings, root=root)
    try:
        async with open_storage(settings.database_url, data_dir=settings.data_dir) as storage:
            edge = edge_beside(settings, storage, keys)
            job = job_of(storage, rules, erasures=edge.erasures, clock=edge.clock, gone=lambda _member: None)
            async with storage.only_one(LOCK):
                swept = await (job.look(progress=progress) if dry else job.run(edge, progress=progress))
            now = edge.clock.now()
            return lines_of(rules, {category.value: Ran(at=now, removed=n) for category, n in swept.removed.items()})
    finally:
        keys.release()


def _rules(settings: Settings) -> Schedule:
    return schedule(load_jurisdiction(settings.jurisdiction), load_scenario(settings.scenario))


def lines_of(rules: Schedule, runs: Mapping[str, Ran]) -> list[Line]:
    """Every category in its order."""
    found = []
    for category in Category:
        rule, run = rules[category], runs.get(category.value)
        found.append(
            Line(
                category=category.value,
                since=rule.since.value,
                days=rule.days,
                last_run=run.at if run else None,
                removed=run.removed if run else None,
            )
        )
    return found
