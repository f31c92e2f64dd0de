"""Servers that are not ours, and disks that are too small."""

import asyncio
import os
import subprocess
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from visavis.errors import DatabaseUnavailable, InputRefused, StorageError, StorageFull
from visavis.storage.database import Storage, open_storage
from visavis.storage.migrate import ROLES, migrate, role_conninfo
from visavis.storage.server import start_server
from visavis.testing import a_campaign, a_member, an_event
from visavis.types import Token


async def test_an_owner_without_privileges_and_roles_with_passwords(tmp_path: Path) -> None:
    """A hosted database: the owner may make roles and schemas, nothing more, and everybody needs a password."""
    with start_server(tmp_path) as server:
        with psycopg.connect(server.url, autocommit=True) as root:
            root.execute("CREATE ROLE app LOGIN CREATEROLE PASSWORD 'pw'")
            root.execute("CREATE DATABASE app OWNER app")
        hba = tmp_path / "database" / "cluster" / "pg_hba.conf"
        hba.write_text("local all visavis trust\nlocal all all scram-sha-256\n")
        with psycopg.connect(server.url, autocommit=True) as root:
            root.execute("SELECT pg_reload_conf()")
        url = make_conninfo(server.url, user="app", dbname="app", password="pw")
        with pytest.raises(DatabaseUnavailable):
            migrate(make_conninfo(url, password="wrong"))
        migrate(url)
        async with open_storage(url) as storage:
            await storage.roster.save(a_member())
            assert await storage.events.append([an_event()]) == 1
            assert (await storage.eraser.erase(Token("token-1")))["event"] == 1
        for half, role in ROLES.items():
            with psycopg.connect(role_conninfo(url, half)) as connection:
                assert connection.execute("SELECT current_user").fetchone() == (role,)
            with pytest.raises(psycopg.OperationalError):
                psycopg.connect(make_conninfo(url, user=role, password="pw"))


@pytest.mark.parametrize("text", ["a\x00b", "half a character \ud83d"])
async def test_text_that_no_database_keeps_is_refused(storage: Storage, text: str) -> None:
    """And the connection serves the next caller."""
    with pytest.raises(InputRefused):
        await storage.events.append([an_event(id=text)])
    with pytest.raises(InputRefused):
        await storage.events.of(Token(text))
    with pytest.raises(InputRefused):
        await storage.roster.save(a_member(locale=text))
    with pytest.raises(InputRefused):
        await storage.allowance.reserve(text, a_campaign(budget_impressions=1), None, an_event().occurred_at)
    assert await storage.events.append([an_event()]) == 1


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 96 MB."""
    if os.geteuid() != 0:
        pytest.skip("only root may mount a small disk")
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=96m", "tmpfs", tmp_path], check=False)
    if mounted.returncode != 0:
        pytest.skip("this machine does not let root mount a small disk")
    try:
        yield tmp_path
    finally:
        subprocess.run(["umount", tmp_path], check=True)


async def test_a_full_disk_loses_nothing(small_disk: Path) -> None:
    """The error says what to do; after that everything acknowledged is there and the work goes on."""
    (small_disk / "ballast").write_bytes(bytes(24 << 20))
    acknowledged = []
    async with open_storage(data_dir=small_disk) as storage:
        for first in range(0, 100_000, 1000):
            batch = [an_event(id=f"{n}", kind="k" * 1000) for n in range(first, first + 1000)]
            try:
                await storage.events.append(batch)
            except StorageFull:
                break
            acknowledged.append(batch)
        else:
            pytest.fail("the disk never was full")
        (small_disk / "ballast").unlink()
        await eventually(lambda: storage.events.append([an_event(id="freed")]))
    fill(small_disk / "filler")
    with pytest.raises(StorageFull):
        start_server(small_disk)
    (small_disk / "filler").unlink()
    async with open_storage(data_dir=small_disk) as storage:
        assert acknowledged
        assert sum([await storage.events.append(batch) for batch in acknowledged]) == 0  # all are known already
        assert await storage.events.append([an_event(id="next")]) == 1


async def eventually(work: Callable[[], Awaitable[object]]) -> None:
    """Repeat what the storage refuses, for some seconds."""
    for _ in range(50):
        try:
            await work()
        except StorageError:
            await asyncio.sleep(0.1)
        else:
            return
    pytest.fail("the storage did not recover")


def fill(path: Path) -> None:
    """Write until nothing fits any more."""
    with path.open("wb", buffering=0) as file:
        size = 1 << 20
        while size >= 1:
            try:
                file.write(b"x" * size)
            except OSError:
                size //= 2
