"""What staff does for a member from the command line, also beside a running site: no camera, no model, no gallery."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import cast
from uuid import uuid4

from visavis.config import Settings
from visavis.perception.observe import Observer
from visavis.pipeline.edge import Edge
from visavis.pipeline.erasure import Erasures
from visavis.pipeline.rights import Rights
from visavis.privacy.erasure import FileErasures
from visavis.scenarios.loader import load_scenario
from visavis.server.keys import open_keys, root_of
from visavis.server.terms import places_of, terms_of
from visavis.server.wall_clock import WallClock
from visavis.storage.database import Storage, open_storage
from visavis.types import Consent, Sighting, Token, Withdrawal

NO_FACES = "the desk has no camera"


class Blind:
    """Stands where an observer belongs."""

    model, dim = "none@000000000000", 1


@dataclass(frozen=True, slots=True)
class DeskLink:
    """Implements `ports.HubLink` for consents and erasure; nobody stands before a desk's camera."""

    storage: Storage

    async def consented(self, entries: Sequence[Consent | Withdrawal]) -> None:
        """Consents and withdrawals whose subject is a token."""
        await self.storage.hub_ledger.append(entries)

    async def sighted(self, sighting: Sighting) -> None:
        """Nothing is decided here."""
        del sighting

    async def anybody(self, placement: str, *, people_in_view: int) -> None:
        """Nothing is decided here."""
        del placement, people_in_view

    async def forget(self, token: Token) -> Mapping[str, int]:
        """Erase everything about the token."""
        return await self.storage.eraser.erase(token)


@asynccontextmanager
async def open_desk(settings: Settings) -> AsyncIterator[Rights]:
    """Both halves, for requests of members; raises as `open_keys` does when the site key does not open."""
    root = root_of(settings)  # before a database is started, which would inherit its secrets
    scenario = load_scenario(settings.scenario)
    keys = open_keys(settings, root=root)
    async with open_storage(settings.database_url, data_dir=settings.data_dir) as storage:
        edge = Edge(
            site=settings.site,
            scenario=scenario,
            observer=cast("Observer", Blind()),
            calibration=(),
            false_match_rate=settings.false_match_rate,
            keys=keys,
            roster=storage.roster,
            ledger=storage.edge_ledger,
            erasures=Erasures(FileErasures(settings.erasures_file), storage.erasures),
            link=DeskLink(storage),
            audit=storage.audit,
            clock=WallClock(),
            ids=lambda: str(uuid4()),
            faces_off=NO_FACES,
        )
        yield Rights(
            edge=edge,
            events=storage.events,
            edge_held=storage.edge_held,
            hub_held=storage.hub_held,
            terms=terms_of(settings, scenario),
            places=places_of(settings),
        )
