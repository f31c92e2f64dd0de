"""The database's version: made once, by whoever comes first, and never mistaken."""

from concurrent.futures import ThreadPoolExecutor
from importlib.resources import files

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from visavis.errors import DatabaseUnavailable, DatabaseVersionMismatch, SettingInvalid
from visavis.storage.database import open_storage
from visavis.storage.migrate import check_version, migrate, role_conninfo


def shape(url: str) -> list[tuple[object, ...]]:
    """Every column, index and privilege of ours."""
    with psycopg.connect(url) as owner:
        columns = owner.execute(
            "SELECT table_schema, table_name, column_name, data_type, is_nullable FROM information_schema.columns "
            "WHERE table_schema IN ('edge', 'hub', 'visavis') ORDER BY 1, 2, 3"
        ).fetchall()
        grants = owner.execute(
            "SELECT table_schema, table_name, grantee, privilege_type FROM information_schema.role_table_grants "
            "WHERE table_schema IN ('edge', 'hub', 'visavis') ORDER BY 1, 2, 3, 4"
        ).fetchall()
    return [*columns, *grants]


def test_migrating_twice_changes_nothing(empty_database_url: str) -> None:
    version = migrate(empty_database_url)
    once = shape(empty_database_url)
    assert len(once) > 100
    assert migrate(empty_database_url) == version == check_version(empty_database_url)
    assert shape(empty_database_url) == once


def test_many_may_migrate_at_once(empty_database_url: str, database_url: str) -> None:
    """Four at the same moment: all succeed, and the result is that of one."""
    with ThreadPoolExecutor(4) as pool:
        versions = set(pool.map(migrate, [empty_database_url] * 4))
    assert len(versions) == 1
    assert shape(empty_database_url) == shape(database_url)


async def test_an_empty_database_is_too_old(empty_database_url: str) -> None:
    """Said before anything is written, with the remedy."""
    with pytest.raises(DatabaseVersionMismatch, match=r"visavis migrate.*database empty.*older"):
        check_version(empty_database_url)
    with pytest.raises(DatabaseVersionMismatch, match="older"):
        async with open_storage(empty_database_url):
            pass
    assert shape(empty_database_url) == []


async def test_a_newer_database_is_left_alone(database_url: str) -> None:
    """Neither checked, nor opened by owner or role, nor migrated."""
    with psycopg.connect(database_url) as owner:
        owner.execute("UPDATE visavis.alembic_version SET version_num = '9999'")
    before = shape(database_url)
    for refuse in (check_version, migrate):
        with pytest.raises(DatabaseVersionMismatch, match=r"newer visavis.*database 9999.*newer"):
            refuse(database_url)
    with pytest.raises(DatabaseVersionMismatch, match="newer"):
        async with open_storage(database_url):
            pass
    assert shape(database_url) == before


def test_a_migration_that_fails_leaves_nothing(empty_database_url: str) -> None:
    """A table in the way stops the second half; the first half is not there either."""
    with psycopg.connect(empty_database_url) as owner:
        owner.execute("CREATE SCHEMA hub")
    with pytest.raises(Exception, match="DuplicateSchema"):
        migrate(empty_database_url)
    assert shape(empty_database_url) == []


def test_each_migration_has_its_sql() -> None:
    """Every version script runs files of its own number, and no file is left out."""
    folder = files("visavis.storage")
    scripts = {p.name[1:5] for p in (folder / "migrations" / "versions").iterdir() if p.name.startswith("v")}
    sql = {p.name[:4] for p in (folder / "sql" / "migrations").iterdir()}
    assert scripts
    assert scripts == sql


@pytest.mark.parametrize(
    "change", [{"dbname": "no_such_database"}, {"host": "/nonexistent"}, {"user": "no_such_user"}, {"port": "1"}]
)
def test_a_wrong_address_is_unavailable(database_url: str, change: dict[str, str]) -> None:
    """Not there, not listening, not let in: one error, which tells no password."""
    wrong = make_conninfo(database_url, **change, password="a-secret", connect_timeout=2)
    with pytest.raises(DatabaseUnavailable) as caught:
        role_conninfo(wrong, "hub")
    assert "a-secret" not in str(caught.value)
    with pytest.raises(DatabaseUnavailable):
        migrate(wrong)


@pytest.mark.parametrize("url", ["not a url", "mysql://root:secret@host/x"])
def test_nonsense_instead_of_a_url(url: str) -> None:
    with pytest.raises(SettingInvalid, match="database_url") as caught:
        check_version(url)
    assert "secret" not in str(caught.value)
