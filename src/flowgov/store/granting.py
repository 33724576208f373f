"""Who may do what with flowgov's tables on PostgreSQL: the least that the application, and an auditor, need.

Data and text only: the SQL is printed, read by whoever owns the database, and run by him. A table or a column that
comes later gets nothing until it is decided here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from flowgov.errors import BadInput
from flowgov.store.append_only import POSTGRESQL_FUNCTIONS
from flowgov.store.tables import metadata

VERSION_TABLE = "flowgov_schema"
SEQUENCE = "flowgov_record_id_seq"
"""Gives records their ids; the application draws from it, and cannot set it."""

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.@-]{0,62}")
_TAKEN = ("public", "none")
"""What PostgreSQL does not take for the name of a role, even quoted."""


_FIND = """DO $flowgov$
DECLARE
  place name := (SELECT n.nspname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                 WHERE c.oid = CAST('flowgov_record' AS regclass));
  who name;
  what text;
BEGIN
  FOR who, what IN VALUES
    {wanted}
  LOOP
    IF NOT has_schema_privilege(who, place, what) THEN
      EXECUTE format('GRANT %s ON SCHEMA %I TO %I', what, place, who);
    END IF;
  END LOOP;
END $flowgov$;"""
_NO_MORE = """DO $flowgov$
DECLARE
  found text;
BEGIN
  SELECT string_agg(who, ', ') INTO found
  FROM (VALUES
    {both}
  ) AS roles (who) JOIN pg_class c ON c.oid = CAST('flowgov_record' AS regclass)
  WHERE pg_has_role(CAST(who AS name), c.relowner, 'MEMBER');
  IF found IS NOT NULL THEN
    RAISE EXCEPTION 'flowgov: % is a superuser, or owns the tables, or may become their owner', found;
  END IF;
  WITH granted (what, deed, columns) AS (VALUES
    {granted}
  ), roles (who) AS (VALUES
    {both}
  ), possible AS (
    SELECT who, deed, c.relname AS what, CAST(a.attname AS text) AS field
    FROM roles CROSS JOIN unnest(ARRAY['INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'TRIGGER']) AS deeds (deed)
    CROSS JOIN pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    WHERE c.oid = ANY (CAST('{{{tables}}}' AS regclass[]))
      AND CASE WHEN deed IN ('INSERT', 'UPDATE') THEN has_column_privilege(CAST(who AS name), c.oid, a.attname, deed)
          ELSE has_table_privilege(CAST(who AS name), c.oid, deed) END
  )
  SELECT string_agg(DISTINCT concat_ws(' ', who, deed, what), ', ') INTO found FROM possible p
  WHERE who <> {app} OR NOT EXISTS (
    SELECT 1 FROM granted g WHERE g.what = p.what AND g.deed = p.deed
      AND (g.columns = '' OR p.field = ANY (string_to_array(g.columns, ' '))));
  IF found IS NOT NULL THEN
    RAISE EXCEPTION 'flowgov: more is allowed than was granted: %', found
    USING HINT = 'It may be inherited from a role that this one belongs to.';
  END IF;
END $flowgov$;"""


@dataclass(frozen=True, slots=True)
class Access:
    """What the application may do with one table, besides reading it."""

    insert: bool = True
    withheld: tuple[str, ...] = ()
    """Columns that its new rows leave to the database, or to the owner."""
    update: tuple[str, ...] = ()
    """Columns that it changes. A row can be locked by whoever may change one of them."""
    redact: tuple[str, ...] = ()
    """Columns that it blanks when a text is redacted."""
    delete: bool = False


APPLICATION: dict[str, Access] = {
    "flowgov_record": Access(withheld=("id",)),
    "flowgov_text": Access(delete=True),
    "flowgov_organisation": Access(insert=False, update=("seq", "head", "ts", "key")),
    "flowgov_person": Access(update=("ended",), redact=("login", "name", "email")),
    "flowgov_workflow": Access(),
    "flowgov_project": Access(
        withheld=("archived",),
        update=("state", "previous", "cycle", "version", "passages", "entered", "seq", "head", "ts"),
        redact=("title", "objective"),
    ),
    "flowgov_assignment": Access(update=("revoked",)),
    "flowgov_approval": Access(update=("withdrawn",), redact=("reservation",)),
    "flowgov_evidence": Access(redact=("label",)),
    "flowgov_exception": Access(update=("reviewed", "ended"), redact=("reason", "compensating", "risk")),
    "flowgov_entry": Access(update=("n", "seq", "at", "facts", "texts")),
    "flowgov_pending": Access(delete=True),
    "flowgov_leaf": Access(withheld=("archive",)),
    "flowgov_node": Access(),
    "flowgov_checkpoint": Access(),
    "flowgov_cosignature": Access(),
    VERSION_TABLE: Access(insert=False),
}
"""Every table, and what the application may do with it. The organisation's row is written once, by ``init``."""


class Grant(NamedTuple):
    """A privilege on a table, or on some of its columns."""

    table: str
    privilege: str
    columns: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.privilege} ({', '.join(self.columns)})" if self.columns else self.privilege


@dataclass(frozen=True, slots=True)
class Roles:
    """The names of the roles; quoted, they cannot be anything but names."""

    app: str
    auditor: str
    owner: str | None = None
    """Who shall own the tables; None leaves them to whom they belong."""

    def __post_init__(self) -> None:
        """
        Raises:
            BadInput: a name is not one, or two roles are the same.
        """
        for name in self.named():
            if not _NAME.fullmatch(name) or name in _TAKEN or name.startswith("pg_"):
                raise BadInput("bad_role_name", value=name)
        if len({*self.named()}) != len(self.named()):
            raise BadInput("same_roles", names=self.named())

    def named(self) -> list[str]:
        """All of them."""
        return [name for name in (self.app, self.auditor, self.owner) if name is not None]


class Section(NamedTuple):
    """Some statements, and what they are for."""

    name: str
    statements: Sequence[str]


def grants() -> list[Grant]:
    """What the application may do, table by table."""
    return [grant for table in _tables() for grant in _of(table)]


def preparation(roles: Roles) -> list[str]:
    """How the roles come to be. Needs the right to create roles, so it is no part of the script."""
    made = [f"CREATE ROLE {_quoted(roles.app)} LOGIN;", f"CREATE ROLE {_quoted(roles.auditor)} LOGIN;"]
    made.append(f"ALTER ROLE {_quoted(roles.auditor)} SET default_transaction_read_only = on;")
    return made if roles.owner is None else [*made, f"CREATE ROLE {_quoted(roles.owner)} NOLOGIN;"]


def script(roles: Roles) -> list[Section]:
    """The statements, in their order, one transaction around them; run twice, they end the same."""
    sections = [
        Section("begin", ["BEGIN;"]),
        Section("schema", [_schema(roles)]),
        Section("owner", list(_hand_over(roles.owner)) if roles.owner else []),
        Section("nobody", list(_withdraw(roles))),
        Section("application", list(_application(roles.app))),
        Section("auditor", [f"GRANT SELECT ON TABLE {', '.join(_tables())} TO {_quoted(roles.auditor)};"]),
        Section("check", [_check(roles)]),
        Section("end", ["COMMIT;"]),
    ]
    return [section for section in sections if section.statements]


def _tables() -> list[str]:
    return [*(table.name for table in metadata.sorted_tables), VERSION_TABLE]


def _of(table: str) -> Iterator[Grant]:
    access = APPLICATION[table]
    yield Grant(table, "SELECT")
    if access.insert:
        filled = tuple(c.name for c in metadata.tables[table].c if c.name not in access.withheld)
        yield Grant(table, "INSERT", filled if access.withheld else ())
    if access.update or access.redact:
        yield Grant(table, "UPDATE", access.update + access.redact)
    if access.delete:
        yield Grant(table, "DELETE")


def _schema(roles: Roles) -> str:
    wanted = [(name, "USAGE") for name in roles.named()] + [(name, "CREATE") for name in (roles.owner,) if name]
    return _FIND.format(wanted=_values(wanted))


def _hand_over(owner: str) -> Iterator[str]:
    for table in _tables():
        yield f"ALTER TABLE {table} OWNER TO {_quoted(owner)};"
    for function in POSTGRESQL_FUNCTIONS:
        yield f"ALTER FUNCTION {function}() OWNER TO {_quoted(owner)};"


def _withdraw(roles: Roles) -> Iterator[str]:
    everybody = f"PUBLIC, {_quoted(roles.app)}, {_quoted(roles.auditor)}"
    functions = ", ".join(f"{name}()" for name in POSTGRESQL_FUNCTIONS)
    yield f"REVOKE ALL ON TABLE {', '.join(_tables())} FROM {everybody};"
    yield f"REVOKE ALL ON SEQUENCE {SEQUENCE} FROM {everybody};"
    # a trigger runs its function whoever writes; nobody else has a use for it
    yield f"REVOKE ALL ON FUNCTION {functions} FROM {everybody};"


def _application(app: str) -> Iterator[str]:
    for table in _tables():
        yield f"GRANT {', '.join(map(str, _of(table)))} ON TABLE {table} TO {_quoted(app)};"
    yield f"GRANT USAGE ON SEQUENCE {SEQUENCE} TO {_quoted(app)};"


def _check(roles: Roles) -> str:
    """Fails the transaction where a role may do more than was granted, by what it is or belongs to."""
    granted = [(grant.table, grant.privilege, " ".join(grant.columns)) for grant in grants()]
    return _NO_MORE.format(
        app=_literal(roles.app),
        both=_values([(roles.app,), (roles.auditor,)]),
        granted=_values(granted),
        tables=",".join(_tables()),
    )


def _values(rows: Sequence[tuple[str, ...]]) -> str:
    return ",\n    ".join(f"({', '.join(_literal(cell) for cell in row)})" for row in rows)


def _literal(text: str) -> str:
    assert "'" not in text, "our own words, and names of roles that were looked at"
    return f"'{text}'"


def _quoted(name: str) -> str:
    return f'"{name}"'
