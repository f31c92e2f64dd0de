"""What the commands about staff and keys share: the accounts of a site, whether or not it runs."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from visavis.config import Settings
    from visavis.server.accounts.accounts import Accounts

BY = "command line"


@asynccontextmanager
async def site_accounts(given: "Settings") -> "AsyncIterator[Accounts]":
    """Those of the site in these settings, over its database."""
    from visavis.server.accounts.accounts import open_accounts
    from visavis.server.keys import open_keys, root_of
    from visavis.server.wall_clock import WallClock
    from visavis.storage.database import open_storage

    root = root_of(given)  # before the database is started, which would inherit its secrets
    given.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    async with open_storage(given.database_url, data_dir=given.data_dir) as storage:
        keys = open_keys(
            given, root=root, make=not await storage.roster.members()
        )  # a new site's first command may be this one
        yield open_accounts(given.site, storage, keys, WallClock(), lifetimes=given.staff_sessions)
