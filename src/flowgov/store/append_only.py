"""The triggers that make records and definitions append-only, in the schema itself.

Defence in depth, never the proof: whoever owns the database can drop them, which verification then reports.
On SQLite a BEFORE INSERT trigger is needed too, because ``INSERT OR REPLACE`` deletes without firing any
delete trigger. On PostgreSQL they are ALWAYS triggers, so that ``session_replication_role`` does not skip them.

The statements are part of migration 0001 and therefore frozen: a change is a new migration.
"""

from __future__ import annotations

SQLITE: dict[str, str] = {
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

POSTGRESQL_FUNCTIONS: dict[str, str] = {
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

POSTGRESQL: dict[str, tuple[str, str]] = {
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


def statements(dialect: str) -> list[str]:
    """The DDL that creates every guard trigger on *dialect*."""
    if dialect == "sqlite":
        return [ddl.strip() for ddl in SQLITE.values()]
    functions = [ddl.strip() for ddl in POSTGRESQL_FUNCTIONS.values()]
    triggers = [
        ddl
        for name, (table, action) in POSTGRESQL.items()
        for ddl in (f"CREATE TRIGGER {name} {action}", f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name}")
    ]
    return [*functions, *triggers]
