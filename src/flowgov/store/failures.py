"""Foreign errors become ours here, and only here."""

from __future__ import annotations

from sqlalchemy import exc

from flowgov.errors import AuditBroken, BadInput, Conflict, DatabaseError, FlowgovError

_SQLITE = (
    ("database is locked", Conflict, "busy"),
    ("database table is locked", Conflict, "busy"),
    ("readonly database", DatabaseError, "read_only"),
    ("database or disk is full", DatabaseError, "full"),
    ("file is not a database", DatabaseError, "not_a_database"),
    ("malformed", DatabaseError, "damaged"),
    ("unable to open database file", DatabaseError, "unreachable"),
    ("disk i/o error", DatabaseError, "unreachable"),
    ("no such table", DatabaseError, "not_flowgov"),
)

_POSTGRESQL: dict[str, tuple[type[FlowgovError], str]] = {
    "40001": (Conflict, "deadlock"),
    "40P01": (Conflict, "deadlock"),
    "55P03": (Conflict, "busy"),
    "57014": (Conflict, "busy"),
    "25006": (DatabaseError, "read_only"),
    "42501": (DatabaseError, "forbidden"),
    "42P01": (DatabaseError, "not_flowgov"),
    "53100": (DatabaseError, "full"),
    "22P05": (BadInput, "untranslatable"),
    "22021": (BadInput, "untranslatable"),
}


class translated:  # noqa: N801 - used as a word of the `with` statement; a generator costs more on the way of a move
    """Turn the driver's errors into flowgov's; *where* names the database without its password."""

    __slots__ = ("_where",)

    def __init__(self, where: str) -> None:
        self._where = where

    def __enter__(self) -> None: ...

    def __exit__(self, _kind: object, error: BaseException | None, _traceback: object) -> None:
        if isinstance(error, UnicodeEncodeError):
            # half of a character: no driver and no record can write it
            raise BadInput("untranslatable", database=self._where) from error
        if isinstance(error, UnicodeDecodeError):
            # the driver could not even read what SQLite says of the damage
            raise DatabaseError("damaged", database=self._where) from error
        if isinstance(error, exc.DBAPIError | exc.TimeoutError):
            known = translation(error, self._where)
            if known is not None:
                raise known from error


def translation(error: exc.SQLAlchemyError, where: str) -> FlowgovError | None:
    """What *error* means to a user of flowgov; None if it can only be a bug."""
    if isinstance(error, exc.TimeoutError):
        return Conflict("busy", database=where)
    if not isinstance(error, exc.DBAPIError):
        return None
    if isinstance(error, exc.IntegrityError):
        return _integrity(error)
    state = getattr(error.orig, "sqlstate", None)
    if isinstance(error, exc.DataError) and state is None:
        # refused by psycopg itself: PostgreSQL has no NUL character
        return BadInput("untranslatable", database=where)
    if state in _POSTGRESQL:
        kind, reason = _POSTGRESQL[state]
        return kind(reason, database=where)
    said = str(error.orig).lower()
    for words, kind, reason in _SQLITE:
        if words in said:
            return kind(reason, database=where)
    if error.connection_invalidated or isinstance(error, exc.OperationalError | exc.InterfaceError):
        return DatabaseError("unreachable", database=where)
    return None


def _integrity(error: exc.IntegrityError) -> FlowgovError | None:
    said = str(error.orig).lower()
    if "flowgov:" in said:
        return AuditBroken("append_only", said=str(error.orig).splitlines()[0])
    if "unique" in said or "duplicate" in said:
        return Conflict("moved_meanwhile")
    return None
