"""The two halves: schemas, tables, what each role may do."""

from visavis.storage.migrate import run_sql

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Both files in one transaction."""
    run_sql("0001_*.sql")
