"""Whether the triggers that make the log append-only are there, whole and switched on."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import Connection, text

from flowgov.audit.finding import Code
from flowgov.store.append_only import POSTGRESQL, POSTGRESQL_FUNCTIONS, SQLITE
from flowgov.store.naming import doubles, qualified
from flowgov.store.tables import metadata

Problem = tuple[Code, Mapping[str, Any]]

_TYPE_BITS = {"ROW": 1, "BEFORE": 2, "INSERT": 4, "DELETE": 8, "UPDATE": 16, "TRUNCATE": 32}
_ACTION = re.compile(
    r"(?P<when>BEFORE|AFTER) (?P<deeds>[A-Z ]+) ON (?P<table>\w+) FOR EACH (?P<each>ROW|STATEMENT)"
    r" EXECUTE FUNCTION (?P<function>\w+)\(\)"
)
_BODY = re.compile(r"\$\$(.*)\$\$", re.DOTALL)

_TRIGGERS = """
SELECT t.tgname, c.relname, CAST(t.tgenabled AS text), CAST(t.tgtype AS integer), p.proname, p.prosrc, l.lanname,
  t.tgqual IS NULL AND t.tgnargs = 0 AND CAST(t.tgattr AS text) = ''
  AND p.pronamespace = c.relnamespace AS plain
FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
JOIN pg_proc p ON p.oid = t.tgfoid JOIN pg_language l ON l.oid = p.prolang
WHERE NOT t.tgisinternal
  AND c.relnamespace = (SELECT relnamespace FROM pg_class WHERE oid = CAST('flowgov_record' AS regclass))
  AND left(CAST(c.relname AS text), 8) = 'flowgov_'
ORDER BY t.tgname
"""
_RELATIONS = """
SELECT relname, CAST(relkind AS text) = 'r' AND NOT relrowsecurity AND NOT relhasrules AS plain FROM pg_class
WHERE relnamespace = (SELECT relnamespace FROM pg_class WHERE oid = CAST('flowgov_record' AS regclass))
  AND left(CAST(relname AS text), 8) = 'flowgov_' AND CAST(relkind AS text) IN ('r', 'v', 'm', 'p', 'f')
ORDER BY relname
"""
_OBJECTS = """
SELECT type, name, sql FROM sqlite_master
WHERE type IN ('trigger', 'view') AND (lower(tbl_name) LIKE 'flowgov%' OR lower(name) LIKE 'flowgov%') ORDER BY name
"""


def guard_problems(connection: Connection) -> Iterator[Problem]:
    """Triggers that are missing, changed, switched off or unknown, and tables that are something else."""
    if connection.dialect.name == "sqlite":
        yield from _sqlite(connection)
    else:
        yield from _triggers(connection)
        yield from _relations(connection)


def _sqlite(connection: Connection) -> Iterator[Problem]:
    found = {name: (type_, sql) for type_, name, sql in connection.execute(text(_OBJECTS))}
    for name, ddl in SQLITE.items():
        type_, sql = found.pop(name, (None, None))
        if type_ is None:
            yield "GUARD_MISSING", {"trigger": name}
        elif sql != ddl.strip():
            yield "GUARD_MODIFIED", {"trigger": name}
    for name, (type_, _) in found.items():
        if type_ == "trigger":
            yield "GUARD_UNKNOWN_TRIGGER", {"trigger": name}
        else:
            yield "SCHEMA_OBJECT", {"name": name}


def _triggers(connection: Connection) -> Iterator[Problem]:
    found = {row[0]: tuple(row[1:]) for row in connection.execute(qualified(connection, text(_TRIGGERS)))}
    for name, (_, action) in POSTGRESQL.items():
        actual = found.pop(name, None)
        if actual is None:
            yield "GUARD_MISSING", {"trigger": name}
        elif actual != _expected(action):
            switched = actual[1] != "A"
            yield "GUARD_MODIFIED", {"trigger": name, "about": "switched"} if switched else {"trigger": name}
    for name in found:
        yield "GUARD_UNKNOWN_TRIGGER", {"trigger": name}


def _expected(action: str) -> tuple[Any, ...]:
    """What the catalogue says of a trigger made by this DDL and switched to ALWAYS."""
    parts = _ACTION.fullmatch(action)
    assert parts is not None, f"the DDL of the guards has another form: {action}"
    words = [parts["when"], *parts["deeds"].split(" OR "), parts["each"]]
    bits = sum(_TYPE_BITS.get(word, 0) for word in words)
    source = _BODY.search(POSTGRESQL_FUNCTIONS[parts["function"]])
    assert source is not None, "the functions' bodies stand between dollar signs"
    return parts["table"], "A", bits, parts["function"], source[1], "plpgsql", True


def _relations(connection: Connection) -> Iterator[Problem]:
    ours = {*metadata.tables, "flowgov_schema"}
    for name in doubles(connection):
        yield "SCHEMA_OBJECT", {"name": name}
    for name, plain in connection.execute(qualified(connection, text(_RELATIONS))):
        if name not in ours or not plain:
            yield "SCHEMA_OBJECT", {"name": name}
