"""The registry of models of a site, for a running one and for the command line."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from visavis.config import Settings
from visavis.ports import Clock, KeyProvider
from visavis.privacy.registry import Registry
from visavis.server.keys import open_keys
from visavis.server.wall_clock import WallClock
from visavis.storage.database import Storage, open_storage


def registry_of(storage: Storage, keys: KeyProvider, clock: Clock) -> Registry:
    """Over the hub's half of the database."""
    return Registry(store=storage.models, keys=keys, audit=storage.hub_audit, clock=clock)


@asynccontextmanager
async def open_registry(settings: Settings) -> AsyncIterator[tuple[Storage, Registry]]:
    """Database and registry without the rest of the site; another process may serve meanwhile.

    Raises:
        SettingInvalid: there is no site key that opens.
        DatabaseUnavailable, DatabaseVersionMismatch: of the database.
    """
    settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    async with open_storage(settings.database_url, data_dir=settings.data_dir) as storage:
        keys = open_keys(settings, make=True)
        try:
            yield storage, registry_of(storage, keys, WallClock())
        finally:
            keys.release()
