"""An older database comes back under a site that runs."""

import psycopg
from psycopg.sql import SQL, Identifier

from .conftest import SiteUnderTest, eventually

CUT = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()
"""
TABLES = tuple(Identifier(*name.split(".")) for name in ("edge.member", "edge.template", "edge.ledger", "hub.ledger"))
Owner = psycopg.Connection[tuple[object, ...]]


def copied(owner: Owner, table: Identifier) -> bytes:
    """A backup of one table."""
    with owner.cursor().copy(SQL("COPY {} TO STDOUT").format(table)) as rows:
        return b"".join(map(bytes, rows))


def restore(owner: Owner, table: Identifier, content: bytes) -> None:
    owner.execute(SQL("TRUNCATE {} CASCADE").format(table))
    with owner.cursor().copy(SQL("COPY {} FROM STDIN").format(table)) as rows:
        rows.write(content)


async def test_r11_a_member_who_came_back_with_an_older_database_is_gone_again(
    site: SiteUnderTest, database_url: str, hopper: bytes
) -> None:
    """The site lost its connections and finds other rows: whoever was forgotten since is forgotten again, unasked."""
    joined = (await site.join(photos=(hopper,))).raise_for_status().json()
    with psycopg.connect(database_url, autocommit=True) as owner:
        before = [copied(owner, table) for table in TABLES]
        assert all(before)
        session = {"Authorization": f"Bearer {joined['session']}"}
        (await site.http.post("/v1/edge/me/forget", headers=session)).raise_for_status()
        assert not await site.site.storage.roster.members()
        for table, content in zip(TABLES, before, strict=True):
            restore(owner, table, content)
        assert len(await site.site.storage.roster.members()) == 1
        owner.execute(CUT)

    async def gone() -> bool:
        return not await site.site.storage.roster.members()

    await eventually(gone, within_s=20)
    assert (await site.look(hopper)).status_code == 401
    by_pin = {"placement": "entrance", "pin": joined["pin"]}
    assert (await site.http.post("/v1/edge/identify", json=by_pin)).status_code == 401
