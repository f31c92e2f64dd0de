"""The retention job of one site: at start and every hour, in one process of all."""

import asyncio
from typing import TYPE_CHECKING

import structlog

from visavis.pipeline.retention import Progress, Retention, Swept
from visavis.privacy.retention import schedule

if TYPE_CHECKING:
    from visavis.server.site import Site

log = structlog.get_logger()

EVERY_S = 3600.0


class Retain:
    """Runs the job beside the requests, and when somebody asks."""

    def __init__(self, site: "Site") -> None:
        self._site = site
        storage = site.storage
        self.job = Retention(
            rules=schedule(site.law, site.scenario),
            roster=storage.roster,
            erasures=site.erasures,
            ledger=storage.edge_ledger,
            visits=storage.visits,
            expiry=storage.expiry,
            edge_expiry=storage.edge_expiry,
            reviews=storage.reviews,
            clock=site.clock,
            gone=site.dropped,
        )

    async def follow(self) -> None:
        """Be the one that runs it, now or after the other process has gone."""
        async with self._site.storage.only_one("retention"):
            while True:
                await self.run()
                await asyncio.sleep(EVERY_S)

    async def run(self, *, progress: Progress = lambda _step, _share: None) -> Swept:
        """Once."""
        swept = await self.job.run(self._site.edge, progress=progress)
        self._site.tally.swept(swept.removed)
        if swept.total:
            log.info("expired", **{category.value: count for category, count in swept.removed.items() if count})
        return swept
