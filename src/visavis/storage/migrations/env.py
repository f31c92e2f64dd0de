"""Alembic's entry: `visavis.storage.migrate` hands the connection over and holds the lock; there is no alembic.ini."""

from alembic import context

context.configure(connection=context.config.attributes["connection"], version_table_schema="visavis")
with context.begin_transaction():
    context.run_migrations()
