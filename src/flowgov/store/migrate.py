"""Bringing a database to the schema of this code. Imports Alembic, so only called where it is needed."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine

from flowgov.errors import DatabaseError
from flowgov.store.database import place, writing
from flowgov.store.failures import translated

VERSION_TABLE = "flowgov_schema"


def upgrade(engine: Engine) -> tuple[str | None, str]:
    """Run every migration still missing, in one transaction; returns the versions before and after.

    Raises:
        DatabaseError: the schema is newer than this code, or the database cannot be written.
    """
    with translated(place(engine)), writing(engine) as connection:
        before = current(connection)
        config = _config(connection)
        scripts = ScriptDirectory.from_config(config)
        head = scripts.get_current_head()
        assert head is not None, "there is at least one migration"
        if before is not None and before not in {script.revision for script in scripts.walk_revisions()}:
            raise DatabaseError("newer", database=place(engine), found=before, expected=head)
        command.upgrade(config, "head")
    return before, head


def current(connection: Connection) -> str | None:
    """The schema version found in the database, or None before the first migration."""
    context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})
    return context.get_current_revision()


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.attributes["connection"] = connection
    return config
