"""The console's board, read from the hub's log and from this process's counters."""

from datetime import datetime

from visavis.privacy.filing import Filing, filing, threshold_of
from visavis.server.console.board import Board, Note
from visavis.server.site import Site

RECENT = 20
BUCKETS = 20
LEAST_BUCKET = 40  # decisions in a point of the curve: fewer would show noise


class SiteBoard:
    """Implements `console.board.BoardSource`."""

    def __init__(self, site: Site) -> None:
        self.site = site.settings.site
        self.scenario = site.scenario
        self.pages = {name: path for name, path in site.pages().items() if name != "console"}
        self.faces, self.faces_detail = site.faces.use.value, site.faces.detail
        self._site = site
        self._since: datetime = site.clock.now()

    async def read(self) -> Board:
        """One reading; the funnel counts since this process started."""
        site = self._site
        reader = site.storage.board
        funnel = await reader.funnel(self._since, site.scenario.name)
        return Board(
            frames=site.tally.frames_seen,
            faces=site.tally.faces_seen,
            recognised=site.tally.recognised_seen,
            decided=funnel.decided,
            shown=funnel.shown,
            reacted=funnel.reacted,
            curve=await reader.reward_curve(
                site.scenario.name, buckets=min(BUCKETS, max(1, funnel.shown // LEAST_BUCKET))
            ),
            recent=await reader.recent(RECENT, site.scenario.name),
            notes=self.notes(),
        )

    def notes(self) -> tuple[Note, ...]:
        """What the operator has to do: file at the authority, name a person to call."""
        people, threshold = self._site.edge.enrolled(), threshold_of(self._site.law)
        numbers = {"people": f"{people:,}", "threshold": f"{threshold:,}"}
        found = []
        match filing(people, threshold):
            case Filing.NEAR:
                found.append(Note(key="filing.near", values=numbers))
            case Filing.REACHED:
                found.append(Note(key="filing.reached", values=numbers, urgent=True))
        if not self._site.settings.contact:
            found.append(Note(key="contact.missing"))
        return tuple(found)
