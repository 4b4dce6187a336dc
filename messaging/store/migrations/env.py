"""Alembic's entry: runs on the connection that migrate.py hands over, and on no other."""

from alembic import context

from messaging.store.schema import METADATA

connection = context.config.attributes.get("connection")
if connection is None:
    raise RuntimeError("run through messaging.store.migrate")
context.configure(connection=connection, target_metadata=METADATA, render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
