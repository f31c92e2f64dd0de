"""What the command line asks of a site's database."""

import asyncio

from visavis.config import Settings
from visavis.storage.migrate import check_version, migrate
from visavis.storage.server import EmbeddedServer, start_server


async def migrate_database(settings: Settings) -> dict[str, str]:
    """Bring the database to this version."""

    def work() -> str:
        if settings.database_url is not None:
            return migrate(settings.database_url)
        with _embedded(settings) as server:
            return migrate(server.url)

    return {"version": await asyncio.to_thread(work)}


async def check_database(settings: Settings) -> str:
    """What the database is, in words; raises what is wrong with it."""

    def work() -> str:
        if settings.database_url is not None:
            return f"version {check_version(settings.database_url)}, at the given URL"
        if not settings.data_dir.exists():
            return "embedded; made at the first start"
        with _embedded(settings) as server:
            crashed = ", recovered after a crash" if server.recovered else ""
            return f"version {migrate(server.url)}, embedded{crashed}"

    return await asyncio.to_thread(work)


def _embedded(settings: Settings) -> EmbeddedServer:
    settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    return start_server(settings.data_dir)
