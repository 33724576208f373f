"""Run by Alembic: migrates over the connection that `flowgov.store.migrate` hands over."""

from alembic import context

from flowgov.store.migrate import VERSION_TABLE
from flowgov.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table=VERSION_TABLE,
    transactional_ddl=True,
)
context.run_migrations()
