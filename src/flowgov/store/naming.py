"""Which tables and functions a name means on PostgreSQL while the log is verified: never what a search path says.

Whoever owns the database can put a table, a view or a function of the same name where it is found first, in the path
of whoever verifies. So the schema is looked up once, tables are named with it, and functions are the system's own.
"""

from __future__ import annotations

import re

from sqlalchemy import Connection, TextClause, text

_SCHEMA = "flowgov_schema"
_OURS = re.compile(r"(?<![\w.])flowgov_(?=\w)")
_WHERE = """
SELECT n.nspname FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
WHERE c.oid OPERATOR(pg_catalog.=) CAST('flowgov_record' AS pg_catalog.regclass)
"""
_ELSEWHERE = """
SELECT DISTINCT n.nspname || '.' || c.relname
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = ANY(pg_catalog.current_schemas(false)) AND CAST(n.nspname AS text) <> :schema
  AND pg_catalog.left(CAST(c.relname AS text), 8) = 'flowgov_' AND CAST(c.relkind AS text) IN ('r', 'v', 'm', 'p', 'f')
ORDER BY 1
"""


def fixed_names(connection: Connection) -> Connection:
    """*connection*, on which every name means what it says until its transaction ends."""
    schema = str(connection.exec_driver_sql(_WHERE).scalar_one())
    others = list(connection.execute(text(_ELSEWHERE), {"schema": schema}).scalars())
    connection.exec_driver_sql("SET LOCAL search_path = pg_catalog, pg_temp")
    fixed = connection.execution_options(schema_translate_map={None: schema})
    fixed.info[_SCHEMA] = (fixed.get_transaction(), schema, others)
    return fixed


def qualified(connection: Connection, statement: TextClause) -> TextClause:
    """*statement* with flowgov's tables named by their schema, where names were fixed."""
    transaction, schema, _ = connection.info.get(_SCHEMA, (None, "", ()))
    if transaction is None or transaction is not connection.get_transaction():
        return statement
    quoted = connection.dialect.identifier_preparer.quote_identifier(schema).replace(":", r"\:")
    named = text(_OURS.sub(lambda _: f"{quoted}.flowgov_", statement.text))
    return named.bindparams(*statement._bindparams.values())


def doubles(connection: Connection) -> list[str]:
    """Tables that could be taken for flowgov's by somebody who does not fix names: in another schema of the path."""
    transaction, _, others = connection.info.get(_SCHEMA, (None, "", ()))
    return others if transaction is not None and transaction is connection.get_transaction() else []
