"""Opening a database: the connection settings that durability depends on, and the check of the schema."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Engine, create_engine, event, exc, select, table
from sqlalchemy import column as sql_column
from sqlalchemy.engine import URL, make_url

from flowgov.errors import BadInput, DatabaseError, FlowgovError
from flowgov.store.failures import translated
from flowgov.store.tables import SCHEMA_VERSION

if TYPE_CHECKING:
    from sqlalchemy.engine.interfaces import DBAPIConnection

BUSY_MILLISECONDS = 10_000
"""How long a writer waits for its turn before it reports that the database is busy."""

WRITES = "flowgov_writes"
"""Execution option of connections that are about to write: on SQLite they begin IMMEDIATE."""

_SYNCHRONOUS_FULL = 2

_version = select(sql_column("version_num")).select_from(table("flowgov_schema"))


def connect(url: str | URL) -> Engine:
    """An engine for *url* that begins, waits and commits as flowgov needs it; nothing is connected yet.

    Raises:
        BadInput: the URL is malformed, or names a database flowgov does not support.
        DatabaseError: the driver is not installed.
    """
    parsed = _parsed(url)
    if parsed.get_backend_name() == "sqlite":
        return _sqlite(parsed)
    if parsed.get_backend_name() == "postgresql":
        return _postgresql(parsed)
    raise BadInput("unsupported_database", backend=parsed.get_backend_name())


def place(engine: Engine) -> str:
    """The database as it may be shown: without its password."""
    return engine.url.render_as_string(hide_password=True)


def check_schema(connection: Connection, where: str) -> None:
    """
    Raises:
        DatabaseError: the database is not flowgov's, or its schema is older or newer than this code.
    """
    try:
        found = connection.execute(_version).scalar_one_or_none()
    except exc.DBAPIError as error:
        raise _unversioned(error, where) from error
    if found is None:
        raise DatabaseError("not_flowgov", database=where)
    if found != SCHEMA_VERSION:
        reason = "older" if found < SCHEMA_VERSION else "newer"
        raise DatabaseError(reason, database=where, found=found, expected=SCHEMA_VERSION)


def check_host(connection: Connection) -> None:
    """Whether a host's own connection keeps what it is told; looked at once a connection.

    Raises:
        DatabaseError: a commit on it could be lost in a power cut, or it commits every statement by itself.
    """
    if connection.info.get("flowgov_checked"):
        return
    where = place(connection.engine)
    if connection.dialect.name == "sqlite":
        level = connection.exec_driver_sql("PRAGMA synchronous").scalar_one()
        if level < _SYNCHRONOUS_FULL:
            raise DatabaseError("not_durable", database=where)
    elif connection.get_isolation_level() == "AUTOCOMMIT":
        raise DatabaseError("autocommit", database=where)
    connection.info["flowgov_checked"] = True


def is_new_file(url: str | URL) -> bool:
    """Whether *url* names a SQLite file that does not exist yet."""
    name = _parsed(url).database
    return _parsed(url).get_backend_name() == "sqlite" and bool(name) and not Path(str(name)).exists()


def create_file(url: str | URL) -> None:
    """Create the SQLite file of *url*, readable by its owner only."""
    path = Path(str(_parsed(url).database))
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    except OSError as error:
        raise DatabaseError("unreachable", database=str(path)) from error


def _parsed(url: str | URL) -> URL:
    try:
        return make_url(url)
    except exc.ArgumentError:
        raise BadInput("bad_database_url") from None


def _sqlite(url: URL) -> Engine:
    if not url.database or url.database == ":memory:":
        raise BadInput("memory_database")
    engine = create_engine(url, connect_args={"timeout": BUSY_MILLISECONDS / 1000, "isolation_level": None})
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _postgresql(url: URL) -> Engine:
    if url.drivername == "postgresql":
        url = url.set(drivername="postgresql+psycopg")
    options = f"-c synchronous_commit=on -c lock_timeout={BUSY_MILLISECONDS} -c timezone=UTC"
    try:
        return create_engine(
            url,
            connect_args={"options": options, "connect_timeout": 10, "application_name": "flowgov"},
            pool_pre_ping=False,
            isolation_level="READ COMMITTED",
        )
    except ModuleNotFoundError as error:
        raise DatabaseError("missing_driver", module=error.name) from error


def _prepare_sqlite(connection: DBAPIConnection, _: object) -> None:
    cursor = connection.cursor()
    try:
        cursor.execute("PRAGMA busy_timeout = %d" % BUSY_MILLISECONDS)
        if cursor.execute("PRAGMA journal_mode").fetchone() != ("wal",):
            cursor.execute("PRAGMA journal_mode = WAL")
        for setting in ("synchronous = FULL", "foreign_keys = ON", "trusted_schema = OFF"):
            cursor.execute(f"PRAGMA {setting}")
        if cursor.execute("PRAGMA synchronous").fetchone() != (_SYNCHRONOUS_FULL,):
            raise DatabaseError("not_durable", database="SQLite")
    finally:
        cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    raw: Any = connection.connection.dbapi_connection
    raw.execute("BEGIN IMMEDIATE" if connection.get_execution_options().get(WRITES) else "BEGIN")


def _unversioned(error: exc.DBAPIError, where: str) -> FlowgovError:
    try:
        with translated(where):
            raise error
    except FlowgovError as known:
        return known
