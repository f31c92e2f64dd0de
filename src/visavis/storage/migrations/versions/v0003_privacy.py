"""Erasure, staff, devices, retention, checkpoints."""

from visavis.storage.migrate import run_sql

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """All of it in one transaction."""
    run_sql("0003_*.sql")
