"""What the console shows, read from the hub's log and this process's counters."""

from datetime import datetime

from visavis.server.console.console import Board, Row
from visavis.server.site import Site

RECENT = 20


class SiteBoard:
    """Implements the console's `BoardSource`."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._since: datetime = site.clock.now()

    async def read(self) -> Board:
        """One reading; the funnel counts since this process started."""
        site = self._site
        reader = site.storage.board
        funnel = await reader.funnel(self._since, site.scenario.name)
        return Board(
            scenario=site.scenario,
            site=site.settings.site,
            frames=site.tally.frames_seen,
            faces=site.tally.faces_seen,
            recognised=site.tally.recognised_seen,
            decided=funnel.decided,
            shown=funnel.shown,
            reacted=funnel.reacted,
            curve=await reader.reward_curve(site.scenario.name),
            recent=await reader.recent(RECENT, site.scenario.name),
        )
