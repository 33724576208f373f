"""The tables. Records are the truth; the others are projections of them that people query.

Constraints are named, stamps are fixed-width UTC text that sorts as time, hashes are lower-case hexadecimal.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    false,
)

SCHEMA_VERSION = "0004"
"""The migration that this code expects to find."""

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)

_row_id = BigInteger().with_variant(Integer, "sqlite")

record = Table(
    "flowgov_record",
    metadata,
    Column("id", _row_id, primary_key=True),
    Column("stream", Text, nullable=False),
    Column("seq", Integer, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("event", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("ts", Text, nullable=False),
    Column("idem", Text),
    UniqueConstraint("stream", "seq"),
    UniqueConstraint("idem"),
    CheckConstraint("seq > 0", name="seq_positive"),
    Index(None, "ts"),
    implicit_returning=False,
)

free_text = Table(
    "flowgov_text",
    metadata,
    Column("stream", Text, nullable=False),
    Column("seq", Integer, nullable=False),
    Column("field", Text, nullable=False),
    Column("salt", LargeBinary, nullable=False),
    Column("value", Text, nullable=False),
    PrimaryKeyConstraint("stream", "seq", "field"),
)

organisation = Table(
    "flowgov_organisation",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("log", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("seq", Integer, nullable=False),
    Column("head", Text, nullable=False),
    Column("ts", Text, nullable=False),
    Column("key", Text),
    CheckConstraint("id = 1", name="single"),
)

person = Table(
    "flowgov_person",
    metadata,
    Column("id", Text, primary_key=True),
    Column("login", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("email", Text),
    Column("service", Boolean, nullable=False, server_default=false()),
    Column("ended", Text),
    UniqueConstraint("login"),
)

workflow = Table(
    "flowgov_workflow",
    metadata,
    Column("hash", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("version", Text, nullable=False),
    Column("seq", Integer, nullable=False),
    Column("body", LargeBinary, nullable=False),
    UniqueConstraint("name", "version"),
)

project = Table(
    "flowgov_project",
    metadata,
    Column("id", Text, primary_key=True),
    Column("key", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("objective", Text),
    Column("workflow", Text, ForeignKey("flowgov_workflow.hash"), nullable=False),
    Column("state", Text, nullable=False),
    Column("previous", Text),
    Column("cycle", Integer, nullable=False),
    Column("version", Integer, nullable=False),
    Column("creator", Text, ForeignKey("flowgov_person.id"), nullable=False),
    Column("personal_data", Boolean, nullable=False),
    Column("passages", Text, nullable=False),
    Column("opened", Text, nullable=False),
    Column("entered", Text, nullable=False),
    Column("seq", Integer, nullable=False),
    Column("head", Text, nullable=False),
    Column("ts", Text, nullable=False),
    Column("archived", Integer),
    UniqueConstraint("key"),
)

assignment = Table(
    "flowgov_assignment",
    metadata,
    Column("id", Text, primary_key=True),
    Column("person_id", Text, ForeignKey("flowgov_person.id"), nullable=False),
    Column("role", Text, nullable=False),
    Column("project_id", Text, ForeignKey("flowgov_project.id")),
    Column("start", Text, nullable=False),
    Column("until", Text),
    Column("revoked", Text),
    Column("granted_by", Text, ForeignKey("flowgov_person.id"), nullable=False),
    Column("record", Text, nullable=False),
    Column("delegator", Text),
    Column("base", Text),
    Index(None, "person_id", "role"),
    Index(None, "role"),
    Index(None, "project_id"),
)

approval = Table(
    "flowgov_approval",
    metadata,
    Column("project_id", Text, ForeignKey("flowgov_project.id"), nullable=False),
    Column("seq", Integer, nullable=False),
    Column("transition", Text, nullable=False),
    Column("cycle", Integer, nullable=False),
    Column("person_id", Text, ForeignKey("flowgov_person.id"), nullable=False),
    Column("role", Text, nullable=False),
    Column("given", Text, nullable=False),
    Column("withdrawn", Text),
    Column("basis", Text),
    Column("reservation", Text),
    Column("delegator", Text),
    PrimaryKeyConstraint("project_id", "seq"),
    Index(None, "project_id", "transition", "cycle"),
)

evidence = Table(
    "flowgov_evidence",
    metadata,
    Column("project_id", Text, ForeignKey("flowgov_project.id"), nullable=False),
    Column("seq", Integer, nullable=False),
    Column("kind", Text, nullable=False),
    Column("label", Text, nullable=False),
    Column("sha256", Text),
    Column("size", BigInteger),
    Column("cycle", Integer, nullable=False),
    Column("person_id", Text, ForeignKey("flowgov_person.id"), nullable=False),
    Column("added", Text, nullable=False),
    Column("stored", Boolean, nullable=False),
    PrimaryKeyConstraint("project_id", "seq"),
    Index(None, "project_id", "kind"),
)

exception = Table(
    "flowgov_exception",
    metadata,
    Column("key", Text, primary_key=True),
    Column("rules", Text, nullable=False),
    Column("person_id", Text, ForeignKey("flowgov_person.id"), nullable=False),
    Column("project_id", Text, ForeignKey("flowgov_project.id")),
    Column("start", Text, nullable=False),
    Column("until", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("compensating", Text, nullable=False),
    Column("reviewer_id", Text, ForeignKey("flowgov_person.id")),
    Column("approved_by", Text, ForeignKey("flowgov_person.id"), nullable=False),
    Column("seq", Integer, nullable=False),
    Column("roles", Text),
    Column("risk", Text),
    Column("control", Text),
    Column("every_days", Integer),
    Column("reviewed", Text),
    Column("ended", Text),
    Index(None, "project_id", "person_id"),
)

entry = Table(
    "flowgov_entry",
    metadata,
    Column("scope", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("n", Integer, nullable=False),
    Column("seq", Integer, nullable=False),
    Column("at", Text, nullable=False),
    Column("facts", Text, nullable=False),
    Column("texts", Text, nullable=False),
    PrimaryKeyConstraint("scope", "kind", "key"),
    Index(None, "kind"),
)
"""Lines of every register, of projects and of the organisation, as their newest records say."""

pending = Table(
    "flowgov_pending",
    metadata,
    Column("record", _row_id, primary_key=True, autoincrement=False),
)
"""Records committed but not in the tree yet; a trigger puts them here, the sequencer takes them away."""

leaf = Table(
    "flowgov_leaf",
    metadata,
    Column("idx", _row_id, primary_key=True, autoincrement=False),
    Column("record", _row_id, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    Column("archive", Integer),
    UniqueConstraint("record"),
)
"""The tree's leaves: which record stands at which position of the global order, and its hash."""

node = Table(
    "flowgov_node",
    metadata,
    Column("level", Integer, primary_key=True, autoincrement=False),
    Column("idx", _row_id, primary_key=True, autoincrement=False),
    Column("hash", LargeBinary, nullable=False),
)
"""Roots of complete subtrees of 256, 65,536, … leaves, so that proofs need few hashes."""

checkpoint = Table(
    "flowgov_checkpoint",
    metadata,
    Column("size", _row_id, primary_key=True, autoincrement=False),
    Column("note", Text, nullable=False),
)

cosignature = Table(
    "flowgov_cosignature",
    metadata,
    Column("size", _row_id, nullable=False),
    Column("witness", Text, nullable=False),
    Column("line", Text, nullable=False),
    PrimaryKeyConstraint("size", "witness"),
)

APPEND_ONLY = (
    "flowgov_record",
    "flowgov_workflow",
    "flowgov_leaf",
    "flowgov_node",
    "flowgov_checkpoint",
    "flowgov_cosignature",
)
"""Tables whose rows the schema refuses to change or delete."""
