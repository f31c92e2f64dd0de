"""A process that lost its database: it matches nobody meanwhile, and drops who left at the first contact."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import numpy as np
import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from visavis.errors import MemberUnknown, StorageError
from visavis.types import Embedding, Purpose

from ..attacks.conftest import MODEL, Attacked, faces_of, open_attacked  # noqa: TID252 - a site of numbers


@contextmanager
def unreachable(url: str) -> Iterator[None]:
    """Nobody gets a connection to this database, and those that there are end."""
    name = str(conninfo_to_dict(url)["dbname"])
    with psycopg.connect(make_conninfo(url, dbname="postgres"), autocommit=True) as owner:
        owner.execute(sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS false").format(sql.Identifier(name)))
        owner.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])
        try:
            yield
        finally:
            owner.execute(sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS true").format(sql.Identifier(name)))


def shot(photos: np.ndarray) -> Embedding:
    return Embedding(vector=photos[0], model=MODEL)


@asynccontextmanager
async def two_processes(folder: Path, url: str) -> AsyncIterator[tuple[Attacked, Attacked]]:
    """Of one site, with the same keys and the same database."""
    async with open_attacked("shop", folder, url) as here, open_attacked("shop", folder, url) as away:
        yield here, away


async def seen(site: Attacked, face: Embedding) -> bool:
    """Whether this face is recognised here."""
    found = site.edge.identify([face])
    if found is None:
        return False
    now = site.edge.clock.now()
    return await site.edge.recognised(found, [face], placement="screen", people_in_view=1, at=now) is not None


async def test_r11_a_process_without_its_database_matches_nobody_and_then_drops_who_left(
    tmp_path: Path, database_url: str
) -> None:
    """Two processes, one cut off while its memory holds the templates of somebody who is forgotten at the other."""
    leaving, staying = faces_of(2, 1, alike=0.9, seed=3)
    async with (
        open_attacked("shop", tmp_path, database_url) as here,
        open_attacked("shop", tmp_path, database_url) as away,
    ):
        gone = await here.enrol(leaving, "Ann")
        kept = await here.enrol(staying, "Ben")
        await away.edge.load()
        assert await seen(away, shot(leaving))
        assert await seen(away, shot(staying))
        await here.edge.forget(gone.id, method="desk")
        with unreachable(database_url):
            assert away.edge.identify([shot(leaving)]) is not None  # it is still in its memory
            with pytest.raises(StorageError):
                await seen(away, shot(leaving))
        assert not await seen(away, shot(leaving))  # the first question after it
        assert away.edge.identify([shot(leaving)]) is None
        await away.edge.load()
        assert set(away.edge.members) == {kept.id}
        assert await seen(away, shot(staying))


async def test_r11_a_process_that_has_not_heard_writes_nobody_back(tmp_path: Path, database_url: str) -> None:
    """It still believes in the member, and is asked to change them: on PostgreSQL as in memory."""
    (photos,) = faces_of(1, 1, alike=0.9, seed=4)
    async with (
        open_attacked("shop", tmp_path, database_url) as here,
        open_attacked("shop", tmp_path, database_url) as late,
    ):
        member = await here.enrol(photos, "Ann")
        await late.edge.load()
        await here.edge.forget(member.id, method="desk")
        for purpose in Purpose:
            late.edge.members[member.id] = member
            with pytest.raises(MemberUnknown):
                await late.edge.withdraw(member.id, purpose, method="desk")
        late.edge.members[member.id] = member
        with pytest.raises(MemberUnknown):
            await late.edge.keep(member, "corrected", {})
        assert await here.storage.roster.members() == []
