"""The spine: records, the texts beside them, and the projections people query.

Revision 0001, the first.
"""

import sqlalchemy as sa
from alembic import op

from flowgov.store.append_only import statements

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create every table and the triggers that make records append-only."""
    op.create_table(
        "flowgov_organisation",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("log", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("head", sa.Text(), nullable=False),
        sa.Column("ts", sa.Text(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_flowgov_organisation_single")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_flowgov_organisation")),
    )
    op.create_table(
        "flowgov_person",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("login", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_flowgov_person")),
        sa.UniqueConstraint("login", name=op.f("uq_flowgov_person_login")),
    )
    op.create_table(
        "flowgov_record",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("stream", sa.Text(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("ts", sa.Text(), nullable=False),
        sa.Column("idem", sa.Text(), nullable=True),
        sa.CheckConstraint("seq > 0", name=op.f("ck_flowgov_record_seq_positive")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_flowgov_record")),
        sa.UniqueConstraint("idem", name=op.f("uq_flowgov_record_idem")),
        sa.UniqueConstraint("stream", "seq", name=op.f("uq_flowgov_record_stream_seq")),
    )
    op.create_index(op.f("ix_flowgov_record_ts"), "flowgov_record", ["ts"], unique=False)
    op.create_table(
        "flowgov_text",
        sa.Column("stream", sa.Text(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("stream", "seq", "field", name=op.f("pk_flowgov_text")),
    )
    op.create_table(
        "flowgov_workflow",
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_flowgov_workflow")),
        sa.UniqueConstraint("name", "version", name=op.f("uq_flowgov_workflow_name_version")),
    )
    op.create_table(
        "flowgov_project",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("objective", sa.Text(), nullable=True),
        sa.Column("workflow", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("previous", sa.Text(), nullable=True),
        sa.Column("cycle", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("creator", sa.Text(), nullable=False),
        sa.Column("personal_data", sa.Boolean(), nullable=False),
        sa.Column("passages", sa.Text(), nullable=False),
        sa.Column("opened", sa.Text(), nullable=False),
        sa.Column("entered", sa.Text(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("head", sa.Text(), nullable=False),
        sa.Column("ts", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["creator"], ["flowgov_person.id"], name=op.f("fk_flowgov_project_creator")),
        sa.ForeignKeyConstraint(["workflow"], ["flowgov_workflow.hash"], name=op.f("fk_flowgov_project_workflow")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_flowgov_project")),
        sa.UniqueConstraint("key", name=op.f("uq_flowgov_project_key")),
    )
    op.create_table(
        "flowgov_approval",
        sa.Column("project_id", sa.Text(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("transition", sa.Text(), nullable=False),
        sa.Column("cycle", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("given", sa.Text(), nullable=False),
        sa.Column("withdrawn", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["flowgov_person.id"], name=op.f("fk_flowgov_approval_person_id")),
        sa.ForeignKeyConstraint(["project_id"], ["flowgov_project.id"], name=op.f("fk_flowgov_approval_project_id")),
        sa.PrimaryKeyConstraint("project_id", "seq", name=op.f("pk_flowgov_approval")),
    )
    op.create_index(
        op.f("ix_flowgov_approval_project_id_transition_cycle"),
        "flowgov_approval",
        ["project_id", "transition", "cycle"],
        unique=False,
    )
    op.create_table(
        "flowgov_assignment",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("project_id", sa.Text(), nullable=True),
        sa.Column("start", sa.Text(), nullable=False),
        sa.Column("until", sa.Text(), nullable=True),
        sa.Column("revoked", sa.Text(), nullable=True),
        sa.Column("granted_by", sa.Text(), nullable=False),
        sa.Column("record", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["granted_by"], ["flowgov_person.id"], name=op.f("fk_flowgov_assignment_granted_by")),
        sa.ForeignKeyConstraint(["person_id"], ["flowgov_person.id"], name=op.f("fk_flowgov_assignment_person_id")),
        sa.ForeignKeyConstraint(["project_id"], ["flowgov_project.id"], name=op.f("fk_flowgov_assignment_project_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_flowgov_assignment")),
    )
    op.create_index(
        op.f("ix_flowgov_assignment_person_id_role"),
        "flowgov_assignment",
        ["person_id", "role"],
        unique=False,
    )
    op.create_index(op.f("ix_flowgov_assignment_project_id"), "flowgov_assignment", ["project_id"], unique=False)
    op.create_index(op.f("ix_flowgov_assignment_role"), "flowgov_assignment", ["role"], unique=False)
    op.create_table(
        "flowgov_evidence",
        sa.Column("project_id", sa.Text(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=True),
        sa.Column("size", sa.BigInteger(), nullable=True),
        sa.Column("cycle", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Text(), nullable=False),
        sa.Column("added", sa.Text(), nullable=False),
        sa.Column("stored", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["flowgov_person.id"], name=op.f("fk_flowgov_evidence_person_id")),
        sa.ForeignKeyConstraint(["project_id"], ["flowgov_project.id"], name=op.f("fk_flowgov_evidence_project_id")),
        sa.PrimaryKeyConstraint("project_id", "seq", name=op.f("pk_flowgov_evidence")),
    )
    op.create_index(
        op.f("ix_flowgov_evidence_project_id_kind"), "flowgov_evidence", ["project_id", "kind"], unique=False
    )
    op.create_table(
        "flowgov_exception",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("rules", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Text(), nullable=False),
        sa.Column("project_id", sa.Text(), nullable=False),
        sa.Column("start", sa.Text(), nullable=False),
        sa.Column("until", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("compensating", sa.Text(), nullable=False),
        sa.Column("reviewer_id", sa.Text(), nullable=True),
        sa.Column("approved_by", sa.Text(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["approved_by"], ["flowgov_person.id"], name=op.f("fk_flowgov_exception_approved_by")),
        sa.ForeignKeyConstraint(["person_id"], ["flowgov_person.id"], name=op.f("fk_flowgov_exception_person_id")),
        sa.ForeignKeyConstraint(["project_id"], ["flowgov_project.id"], name=op.f("fk_flowgov_exception_project_id")),
        sa.ForeignKeyConstraint(["reviewer_id"], ["flowgov_person.id"], name=op.f("fk_flowgov_exception_reviewer_id")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_flowgov_exception")),
    )
    op.create_index(
        op.f("ix_flowgov_exception_project_id_person_id"),
        "flowgov_exception",
        ["project_id", "person_id"],
        unique=False,
    )
    for statement in statements(op.get_bind().dialect.name, revision):
        op.execute(sa.text(statement.replace(":", r"\:")))


def downgrade() -> None:
    """There is no way back: it would delete the log."""
    raise RuntimeError("the audit log is never dropped")
