"""R12: no table of the database can hold something about a person that their export leaves out."""

import psycopg
import pytest

from visavis.storage.held import NOBODY
from visavis.storage.queries import queries

PERSONAL = ("member_id", "token", "subject", "subject_sha256", "decision_id")  # columns that lead to a person


def tables_of(url: str) -> dict[tuple[str, str], set[str]]:
    """(schema, table) -> columns."""
    with psycopg.connect(url) as owner:
        rows = owner.execute(
            "SELECT table_schema, table_name, column_name"
            " FROM information_schema.columns JOIN information_schema.tables USING (table_schema, table_name)"
            " WHERE table_schema IN ('edge', 'hub') AND table_type = 'BASE TABLE'"
        ).fetchall()
    found: dict[tuple[str, str], set[str]] = {}
    for schema, table, column in rows:
        found.setdefault((schema, table), set()).add(column)
    return found


def test_r12_every_table_is_exported_or_says_why_not(database_url: str) -> None:
    """A new table fails here until somebody has decided."""
    tables = tables_of(database_url)
    assert len(tables) > 15
    exported = {tuple(name.split("_", 1)) for name in queries("held")}
    explained = {(schema, table) for schema, reasons in NOBODY.items() for table in reasons}
    assert not exported & explained
    assert tables.keys() - exported - explained == set()
    assert exported | explained == tables.keys()


def test_r12_what_is_left_out_leads_to_nobody(database_url: str) -> None:
    """No column of those tables points at a person; and each has its reason."""
    tables = tables_of(database_url)
    for schema, reasons in NOBODY.items():
        for table, reason in reasons.items():
            assert not tables[schema, table] & set(PERSONAL), table
            assert len(reason.split()) > 3


@pytest.mark.parametrize("half", ["edge", "hub"])
def test_each_half_reads_its_own_tables_alone(half: str) -> None:
    """No statement names the other half's schema."""
    other = {"edge": "hub.", "hub": "edge."}[half]
    own = [sql for name, sql in queries("held").items() if name.startswith(half)]
    assert own
    assert not [sql for sql in own if other.encode() in sql]
