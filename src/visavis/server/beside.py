"""An edge beside the site, for the command line: it ends consents and forgets, without camera, model and gallery."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast
from uuid import uuid4

from visavis.config import Settings
from visavis.perception.observe import Observer
from visavis.pipeline.books import Books
from visavis.pipeline.edge import Edge
from visavis.pipeline.erasure import Erasures
from visavis.ports import KeyProvider
from visavis.privacy.erasure import FileErasures
from visavis.privacy.jurisdiction import load_jurisdiction
from visavis.scenarios.loader import load_scenario
from visavis.server.wall_clock import WallClock
from visavis.storage.database import Storage
from visavis.types import Consent, Sighting, Token, Withdrawal


class Blind:
    """Stands where an observer belongs."""

    model, dim = "none@000000000000", 1


@dataclass(frozen=True, slots=True)
class Quiet:
    """Implements `ports.HubLink` for consents and erasure; nobody stands before a camera here."""

    books: Books

    async def consented(self, entries: Sequence[Consent | Withdrawal]) -> None:
        """Consents and withdrawals of tokens."""
        await self.books.consented(entries)

    async def sighted(self, sighting: Sighting) -> None:
        """Nothing is decided."""
        del sighting

    async def anybody(self, placement: str, *, people_in_view: int) -> None:
        """Nothing is decided."""
        del placement, people_in_view

    async def forget(self, token: Token) -> Mapping[str, int]:
        """Erase everything about the token."""
        return await self.books.forget(token)


def edge_beside(settings: Settings, storage: Storage, keys: KeyProvider) -> Edge:
    """Other processes hear of what it does as they hear of each other."""
    clock = WallClock()
    books = Books(ledger=storage.hub_ledger, eraser=storage.eraser, audit=storage.hub_audit, clock=clock)
    return Edge(
        site=settings.site,
        scenario=load_scenario(settings.scenario),
        observer=cast("Observer", Blind()),
        calibration=(),
        false_match_rate=settings.false_match_rate,
        keys=keys,
        roster=storage.roster,
        ledger=storage.edge_ledger,
        erasures=Erasures(FileErasures(settings.erasures_file), storage.erasures),
        link=Quiet(books),
        audit=storage.audit,
        clock=clock,
        ids=lambda: str(uuid4()),
        law=load_jurisdiction(settings.jurisdiction),
        faces_off="no camera here",
    )
