"""Opening a database: the connection settings that durability depends on, and the check of the schema."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Engine, Select, create_engine, event, exc, select, table
from sqlalchemy import column as sql_column
from sqlalchemy.engine import URL, make_url

from flowgov.errors import BadInput, DatabaseError, FlowgovError
from flowgov.store.failures import translated
from flowgov.store.tables import SCHEMA_VERSION

if TYPE_CHECKING:
    from sqlalchemy.engine.interfaces import DBAPIConnection

BUSY_MILLISECONDS = 10_000
"""How long a writer waits for its turn before it reports that the database is busy."""

_SYNCHRONOUS_FULL = 2
_MOST_DAMAGES = 1_000
_NO_DAMAGE = (" value in ", "CHECK constraint failed")
_PREPARED = "flowgov_prepared"

_version: Select[Any] = select(sql_column("version_num")).select_from(table("flowgov_schema"))


def connect(url: str | URL) -> Engine:
    """An engine for *url* that begins, waits and commits as flowgov needs it; nothing is connected yet.

    Raises:
        BadInput: the URL is malformed, or names a database flowgov does not support.
        DatabaseError: the driver is not installed.
    """
    parsed = _parsed(url)
    if parsed.drivername in ("sqlite", "sqlite+pysqlite"):
        return _sqlite(parsed)
    if parsed.drivername in ("postgresql", "postgresql+psycopg"):
        return _postgresql(parsed)
    raise BadInput("unsupported_database", backend=parsed.drivername)


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """A connection in a transaction that excludes other writers from its beginning; commits when left in peace."""
    with engine.connect() as connection, connection.begin():
        take_write_lock(connection)
        yield connection


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A connection in a transaction in which every question gets an answer of the same moment, on SQLite."""
    with engine.connect() as connection, connection.begin():
        if connection.dialect.name == "sqlite" and not _driver(connection).in_transaction:
            connection.exec_driver_sql("BEGIN")
        yield connection


def take_write_lock(connection: Connection) -> None:
    """On SQLite, begin as the only writer, before anything is read; elsewhere rows are locked."""
    if connection.dialect.name != "sqlite":
        return
    try:
        _driver(connection).execute("BEGIN IMMEDIATE")
    except connection.dialect.loaded_dbapi.OperationalError as error:
        raise exc.OperationalError("BEGIN IMMEDIATE", None, error) from error


def prepare_host(connection: Connection) -> None:
    """Make a connection that flowgov did not set up fit to write on: checked, durable, on SQLite the only writer.

    Raises:
        DatabaseError: what is committed on it could be lost in a power cut, or is not one transaction.
        Conflict: another writer holds the database.
    """
    transaction = connection.get_transaction()
    if connection.info.get(_PREPARED) is transaction:
        return
    if connection.dialect.name == "sqlite":
        _prepare_sqlite_host(connection)
    else:
        _prepare_postgresql_host(connection)
    # a savepoint of the host's may still be rolled back, and what was set inside it with it
    if not connection.in_nested_transaction():
        connection.info[_PREPARED] = transaction


def wait_briefly(connection: Connection) -> None:
    """Wait for locks no longer than on flowgov's own connections, until the transaction ends."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = {BUSY_MILLISECONDS}")


def place(engine: Engine) -> str:
    """The database as it may be shown: without its password, wherever the URL has it."""
    return engine.url.difference_update_query(["password", "passfile"]).render_as_string(hide_password=True)


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


def check_file(connection: Connection, where: str) -> None:
    """On SQLite: every index says what its table says. What is read through one and shown through the other is then
    the same, and pages follow one another.

    Values that do not fit their column are left to verification, which names them.

    Raises:
        DatabaseError: the file is damaged, or somebody wrote into it past SQLite.
    """
    if connection.dialect.name != "sqlite":
        return
    found = connection.exec_driver_sql(f"PRAGMA integrity_check({_MOST_DAMAGES})").scalars().all()
    if any(said != "ok" and not any(words in said for words in _NO_DAMAGE) for said in found):
        raise DatabaseError("damaged", database=where)


def is_sqlite(url: str | URL) -> bool:
    """Whether *url* names a SQLite file; nothing is connected or looked for.

    Raises:
        BadInput: the URL is malformed.
    """
    return _parsed(url).get_backend_name() == "sqlite"


def is_new_file(url: str | URL) -> bool:
    """Whether *url* names a SQLite file that does not exist yet."""
    name = _parsed(url).database
    return is_sqlite(url) and bool(name) and not _is_there(Path(str(name)))


def _is_there(path: Path) -> bool:
    """
    Raises:
        DatabaseError: it cannot be looked up, because the name is too long or a folder is closed to us.
    """
    try:
        return path.exists()
    except OSError as error:
        raise DatabaseError("unreachable", database=str(path)) from error


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
    except (exc.ArgumentError, ValueError):
        raise BadInput("bad_database_url") from None


def _sqlite(url: URL) -> Engine:
    if not url.database or url.database == ":memory:":
        raise BadInput("memory_database")
    try:
        engine = create_engine(url, connect_args={"timeout": BUSY_MILLISECONDS / 1000, "isolation_level": None})
    except ValueError:
        # an option of the URL that is no number
        raise BadInput("bad_database_url") from None
    event.listen(engine, "do_connect", _refuse_missing)
    event.listen(engine, "connect", _prepare_sqlite)
    return engine


def _refuse_missing(_dialect: Any, _record: Any, arguments: Any, _named: Any) -> None:
    """Looking for a database must not leave an empty file behind; `create_file` makes those that are wanted."""
    name = str(arguments[0])
    if not name.startswith("file:") and not _is_there(Path(name)) and Path(name).parent.is_dir():
        raise DatabaseError("not_flowgov", database=name)


def _postgresql(url: URL) -> Engine:
    if url.drivername == "postgresql":
        url = url.set(drivername="postgresql+psycopg")
    settings = {
        "synchronous_commit": "on",
        "lock_timeout": BUSY_MILLISECONDS,
        "plan_cache_mode": "force_generic_plan",  # planning the gate's statement costs more than running it
        "timezone": "UTC",
    }
    given = url.query.get("options", "")
    options = " ".join((str(given), *(f"-c {name}={value}" for name, value in settings.items())))
    try:
        return create_engine(
            url.difference_update_query(["options"]),
            connect_args={"options": options, "connect_timeout": 10, "application_name": "flowgov"},
            pool_pre_ping=False,
            isolation_level="READ COMMITTED",
        )
    except ModuleNotFoundError as error:
        raise DatabaseError("missing_driver", module=error.name) from error


def _prepare_sqlite(connection: DBAPIConnection, _: object) -> None:
    cursor = connection.cursor()
    try:
        cursor.execute(f"PRAGMA busy_timeout = {BUSY_MILLISECONDS}")
        if cursor.execute("PRAGMA journal_mode").fetchone() != ("wal",) and _may_become_ours(cursor):
            cursor.execute("PRAGMA journal_mode = WAL")
        for setting in ("synchronous = FULL", "foreign_keys = ON", "trusted_schema = OFF"):
            cursor.execute(f"PRAGMA {setting}")
        if cursor.execute("PRAGMA synchronous").fetchone() != (_SYNCHRONOUS_FULL,):
            raise DatabaseError("not_durable", database="SQLite")
    finally:
        cursor.close()


def _may_become_ours(cursor: Any) -> bool:
    """Whether the file is flowgov's, or empty: the journal mode of anybody else's is left as it is."""
    tables = {name for (name,) in cursor.execute("SELECT name FROM sqlite_master").fetchall()}
    return not tables or "flowgov_schema" in tables


def _prepare_sqlite_host(connection: Connection) -> None:
    raw, where = _driver(connection), place(connection.engine)
    level = connection.exec_driver_sql("PRAGMA synchronous").scalar_one()
    if level < _SYNCHRONOUS_FULL:
        raise DatabaseError("not_durable", database=where)
    driver_begins = raw.isolation_level is not None and getattr(raw, "autocommit", -1) == -1
    if driver_begins and connection.in_nested_transaction():
        # the driver may not have begun yet: then releasing the savepoint would commit for good
        raise DatabaseError("savepoint", database=where)
    if raw.in_transaction:
        # begun deferred: a write that changes nothing takes the lock, or fails if another writer came in between
        connection.exec_driver_sql("UPDATE flowgov_organisation SET seq = seq WHERE id = 1")
    elif driver_begins:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    else:
        raise DatabaseError("autocommit", database=where)


def _prepare_postgresql_host(connection: Connection) -> None:
    raw: Any = connection.connection.dbapi_connection
    if raw.autocommit:
        raise DatabaseError("autocommit", database=place(connection.engine))
    connection.exec_driver_sql("SET LOCAL synchronous_commit = on")


def _driver(connection: Connection) -> Any:
    return connection.connection.driver_connection


def _unversioned(error: exc.DBAPIError, where: str) -> FlowgovError:
    try:
        with translated(where):
            raise error
    except FlowgovError as known:
        return known
