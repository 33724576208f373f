"""The triggers that make records and definitions append-only, in the schema itself.

Defence in depth, never the proof: whoever owns the database can drop them, which verification then reports.
On SQLite a BEFORE INSERT trigger is needed too, because ``INSERT OR REPLACE`` deletes without firing any
delete trigger. On PostgreSQL they are ALWAYS triggers, so that ``session_replication_role`` does not skip them.

The statements of a migration are frozen: a change is a new migration.
"""

from __future__ import annotations

_SQLITE_0001: dict[str, str] = {
    "flowgov_record_insert": """
CREATE TRIGGER flowgov_record_insert BEFORE INSERT ON flowgov_record
BEGIN
  SELECT RAISE(ABORT, 'flowgov: records are never replaced')
  WHERE EXISTS (SELECT 1 FROM flowgov_record WHERE stream = NEW.stream AND seq = NEW.seq)
     OR EXISTS (SELECT 1 FROM flowgov_record WHERE id = NEW.id)
     OR EXISTS (SELECT 1 FROM flowgov_record WHERE idem = NEW.idem);
  SELECT RAISE(ABORT, 'flowgov: records follow one another without gaps')
  WHERE NEW.seq > 1
    AND NOT EXISTS (SELECT 1 FROM flowgov_record WHERE stream = NEW.stream AND seq = NEW.seq - 1);
END""",
    "flowgov_record_update": """
CREATE TRIGGER flowgov_record_update BEFORE UPDATE ON flowgov_record
BEGIN SELECT RAISE(ABORT, 'flowgov: records are never changed'); END""",
    "flowgov_record_delete": """
CREATE TRIGGER flowgov_record_delete BEFORE DELETE ON flowgov_record
BEGIN SELECT RAISE(ABORT, 'flowgov: records are never deleted'); END""",
    "flowgov_workflow_insert": """
CREATE TRIGGER flowgov_workflow_insert BEFORE INSERT ON flowgov_workflow
BEGIN
  SELECT RAISE(ABORT, 'flowgov: definitions are never replaced')
  WHERE EXISTS (SELECT 1 FROM flowgov_workflow WHERE hash = NEW.hash)
     OR EXISTS (SELECT 1 FROM flowgov_workflow WHERE name = NEW.name AND version = NEW.version);
END""",
    "flowgov_workflow_update": """
CREATE TRIGGER flowgov_workflow_update BEFORE UPDATE ON flowgov_workflow
BEGIN SELECT RAISE(ABORT, 'flowgov: definitions are never changed'); END""",
    "flowgov_workflow_delete": """
CREATE TRIGGER flowgov_workflow_delete BEFORE DELETE ON flowgov_workflow
BEGIN SELECT RAISE(ABORT, 'flowgov: definitions are never deleted'); END""",
    "flowgov_text_update": """
CREATE TRIGGER flowgov_text_update BEFORE UPDATE ON flowgov_text
BEGIN SELECT RAISE(ABORT, 'flowgov: texts beside records are never changed'); END""",
}


def _sqlite_insert_only(table: str, same: str, what: str, follows: str = "") -> dict[str, str]:
    """Triggers that let rows be inserted into *table*, never replaced, changed or deleted."""
    return {
        f"flowgov_{table}_insert": f"""
CREATE TRIGGER flowgov_{table}_insert BEFORE INSERT ON flowgov_{table}
BEGIN
  SELECT RAISE(ABORT, 'flowgov: {what} are never replaced')
  WHERE EXISTS (SELECT 1 FROM flowgov_{table} WHERE {same});{follows}
END""",
        f"flowgov_{table}_update": f"""
CREATE TRIGGER flowgov_{table}_update BEFORE UPDATE ON flowgov_{table}
BEGIN SELECT RAISE(ABORT, 'flowgov: {what} are never changed'); END""",
        f"flowgov_{table}_delete": f"""
CREATE TRIGGER flowgov_{table}_delete BEFORE DELETE ON flowgov_{table}
BEGIN SELECT RAISE(ABORT, 'flowgov: {what} are never deleted'); END""",
    }


_SQLITE_LEAF_FOLLOWS = """
  SELECT RAISE(ABORT, 'flowgov: leaves follow one another without gaps')
  WHERE NEW.idx > 0 AND NOT EXISTS (SELECT 1 FROM flowgov_leaf WHERE idx = NEW.idx - 1);"""

_SQLITE_0002: dict[str, str] = {
    "flowgov_record_pending": """
CREATE TRIGGER flowgov_record_pending AFTER INSERT ON flowgov_record
BEGIN INSERT INTO flowgov_pending (record) VALUES (NEW.id); END""",
    "flowgov_text_insert": """
CREATE TRIGGER flowgov_text_insert BEFORE INSERT ON flowgov_text
BEGIN
  SELECT RAISE(ABORT, 'flowgov: texts beside records are never replaced')
  WHERE EXISTS (SELECT 1 FROM flowgov_text WHERE stream = NEW.stream AND seq = NEW.seq AND field = NEW.field);
END""",
    **_sqlite_insert_only("leaf", "idx = NEW.idx OR record = NEW.record", "leaves", _SQLITE_LEAF_FOLLOWS),
    **_sqlite_insert_only("node", "level = NEW.level AND idx = NEW.idx", "nodes"),
    **_sqlite_insert_only("checkpoint", "size = NEW.size", "checkpoints"),
    **_sqlite_insert_only("cosignature", "size = NEW.size AND witness = NEW.witness", "cosignatures"),
}

SQLITE = {**_SQLITE_0001, **_SQLITE_0002}

_FUNCTIONS_0001: dict[str, str] = {
    "flowgov_refuse": """
CREATE FUNCTION flowgov_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'flowgov: % on % is refused', TG_OP, TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$""",
    "flowgov_record_follows": """
CREATE FUNCTION flowgov_record_follows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.seq > 1
     AND NOT EXISTS (SELECT 1 FROM flowgov_record WHERE stream = NEW.stream AND seq = NEW.seq - 1) THEN
    RAISE EXCEPTION 'flowgov: records follow one another without gaps' USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$""",
}

_FUNCTIONS_0002: dict[str, str] = {
    "flowgov_record_pends": """
CREATE FUNCTION flowgov_record_pends() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO flowgov_pending (record) VALUES (NEW.id);
  RETURN NULL;
END $$""",
    "flowgov_leaf_follows": """
CREATE FUNCTION flowgov_leaf_follows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.idx > 0 AND NOT EXISTS (SELECT 1 FROM flowgov_leaf WHERE idx = NEW.idx - 1) THEN
    RAISE EXCEPTION 'flowgov: leaves follow one another without gaps' USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$""",
}

POSTGRESQL_FUNCTIONS = {**_FUNCTIONS_0001, **_FUNCTIONS_0002}

_POSTGRESQL_0001: dict[str, tuple[str, str]] = {
    "flowgov_record_insert": (
        "flowgov_record",
        "BEFORE INSERT ON flowgov_record FOR EACH ROW EXECUTE FUNCTION flowgov_record_follows()",
    ),
    "flowgov_record_change": (
        "flowgov_record",
        "BEFORE UPDATE OR DELETE ON flowgov_record FOR EACH ROW EXECUTE FUNCTION flowgov_refuse()",
    ),
    "flowgov_record_truncate": (
        "flowgov_record",
        "BEFORE TRUNCATE ON flowgov_record FOR EACH STATEMENT EXECUTE FUNCTION flowgov_refuse()",
    ),
    "flowgov_workflow_change": (
        "flowgov_workflow",
        "BEFORE UPDATE OR DELETE ON flowgov_workflow FOR EACH ROW EXECUTE FUNCTION flowgov_refuse()",
    ),
    "flowgov_workflow_truncate": (
        "flowgov_workflow",
        "BEFORE TRUNCATE ON flowgov_workflow FOR EACH STATEMENT EXECUTE FUNCTION flowgov_refuse()",
    ),
    "flowgov_text_change": (
        "flowgov_text",
        "BEFORE UPDATE ON flowgov_text FOR EACH ROW EXECUTE FUNCTION flowgov_refuse()",
    ),
    "flowgov_text_truncate": (
        "flowgov_text",
        "BEFORE TRUNCATE ON flowgov_text FOR EACH STATEMENT EXECUTE FUNCTION flowgov_refuse()",
    ),
}


def _postgresql_insert_only(table: str) -> dict[str, tuple[str, str]]:
    """Triggers that let rows be inserted into *table*, never changed or deleted."""
    return {
        f"flowgov_{table}_change": (
            f"flowgov_{table}",
            f"BEFORE UPDATE OR DELETE ON flowgov_{table} FOR EACH ROW EXECUTE FUNCTION flowgov_refuse()",
        ),
        f"flowgov_{table}_truncate": (
            f"flowgov_{table}",
            f"BEFORE TRUNCATE ON flowgov_{table} FOR EACH STATEMENT EXECUTE FUNCTION flowgov_refuse()",
        ),
    }


_POSTGRESQL_0002: dict[str, tuple[str, str]] = {
    "flowgov_record_pending": (
        "flowgov_record",
        "AFTER INSERT ON flowgov_record FOR EACH ROW EXECUTE FUNCTION flowgov_record_pends()",
    ),
    "flowgov_leaf_insert": (
        "flowgov_leaf",
        "BEFORE INSERT ON flowgov_leaf FOR EACH ROW EXECUTE FUNCTION flowgov_leaf_follows()",
    ),
    **_postgresql_insert_only("leaf"),
    **_postgresql_insert_only("node"),
    **_postgresql_insert_only("checkpoint"),
    **_postgresql_insert_only("cosignature"),
}

POSTGRESQL = {**_POSTGRESQL_0001, **_POSTGRESQL_0002}

_BY_REVISION = {
    "0001": (_SQLITE_0001, _FUNCTIONS_0001, _POSTGRESQL_0001),
    "0002": (_SQLITE_0002, _FUNCTIONS_0002, _POSTGRESQL_0002),
}


def statements(dialect: str, revision: str) -> list[str]:
    """The DDL by which a migration creates its guard triggers on *dialect*."""
    sqlite, functions, postgresql = _BY_REVISION[revision]
    if dialect == "sqlite":
        return [ddl.strip() for ddl in sqlite.values()]
    triggers = [
        ddl
        for name, (table, action) in postgresql.items()
        for ddl in (f"CREATE TRIGGER {name} {action}", f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name}")
    ]
    return [*(ddl.strip() for ddl in functions.values()), *triggers]
