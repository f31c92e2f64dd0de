"""What staff does from the command line, also beside a running site: no camera, no model, no gallery."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from visavis.config import Settings
from visavis.pipeline.importing import Importer
from visavis.pipeline.rights import Rights
from visavis.scenarios.loader import load_scenario
from visavis.server.beside import edge_beside
from visavis.server.keys import open_keys, root_of
from visavis.server.terms import places_of, terms_of
from visavis.storage.database import open_storage


@asynccontextmanager
async def open_desk(settings: Settings) -> AsyncIterator[Rights]:
    """Both halves, for requests of members; raises as `open_keys` does when the site key does not open."""
    root = root_of(settings)  # before a database is started, which would inherit its secrets
    scenario = load_scenario(settings.scenario)
    keys = open_keys(settings, root=root)
    async with open_storage(settings.database_url, data_dir=settings.data_dir) as storage:
        edge = edge_beside(settings, storage, keys)
        yield Rights(
            edge=edge,
            events=storage.events,
            edge_held=storage.edge_held,
            hub_held=storage.hub_held,
            terms=terms_of(settings, scenario),
            places=places_of(settings),
        )


@asynccontextmanager
async def open_importer(settings: Settings) -> AsyncIterator[Importer]:
    """Both halves, for business data; raises as `open_keys` does when the site key does not open."""
    root = root_of(settings)
    keys = open_keys(settings, root=root)
    async with open_storage(settings.database_url, data_dir=settings.data_dir) as storage:
        yield Importer(
            edge=edge_beside(settings, storage, keys),
            events=storage.events,
            ledger=storage.hub_ledger,
            audit=storage.hub_audit,
        )
