"""What the database itself keeps of staff."""

from datetime import timedelta

import psycopg
import pytest
from psycopg.errors import InsufficientPrivilege

from visavis.storage.database import Storage
from visavis.storage.migrate import role_conninfo
from visavis.testing import T0, a_staff
from visavis.types import Pauses


async def test_invented_logins_do_not_fill_the_table(storage: Storage, database_url: str) -> None:
    """Whoever is not tried again for a day is forgotten with the next try of anybody."""
    for number in range(20):
        assert await storage.sign_in_attempts.attempt(f"key-{number}", T0, Pauses()) is None
    assert await storage.sign_in_attempts.attempt("another", T0 + timedelta(days=1), Pauses()) is None
    with psycopg.connect(database_url) as owner:
        assert owner.execute("SELECT key FROM hub.sign_in_attempt").fetchall() == [("another",)]


async def test_nobody_of_the_staff_is_ever_deleted(storage: Storage, database_url: str) -> None:
    """Nor is a key: the audit log goes on meaning somebody."""
    await storage.staff.save(a_staff(), None)
    with psycopg.connect(role_conninfo(database_url, "hub"), autocommit=True) as hub:
        for statement in ("DELETE FROM hub.staff", "DELETE FROM hub.api_key"):
            with pytest.raises(InsufficientPrivilege):
                hub.execute(statement)
