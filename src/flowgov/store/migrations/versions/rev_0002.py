"""The tree over all records: positions, nodes, signed checkpoints and witnesses' signatures.

Revision 0002. Records written before it wait for the sequencer like any others.
"""

import sqlalchemy as sa
from alembic import op

from flowgov.store.append_only import statements

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_row_id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Create the tree's tables, put every record on the waiting list, and guard what is insert-only."""
    op.add_column("flowgov_organisation", sa.Column("key", sa.Text(), nullable=True))
    op.add_column("flowgov_project", sa.Column("archived", sa.Integer(), nullable=True))
    op.create_table(
        "flowgov_pending",
        sa.Column("record", _row_id, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("record", name=op.f("pk_flowgov_pending")),
    )
    op.create_table(
        "flowgov_leaf",
        sa.Column("idx", _row_id, autoincrement=False, nullable=False),
        sa.Column("record", _row_id, nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("archive", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("idx", name=op.f("pk_flowgov_leaf")),
        sa.UniqueConstraint("record", name=op.f("uq_flowgov_leaf_record")),
    )
    op.create_table(
        "flowgov_node",
        sa.Column("level", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("idx", _row_id, autoincrement=False, nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("level", "idx", name=op.f("pk_flowgov_node")),
    )
    op.create_table(
        "flowgov_checkpoint",
        sa.Column("size", _row_id, autoincrement=False, nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("size", name=op.f("pk_flowgov_checkpoint")),
    )
    op.create_table(
        "flowgov_cosignature",
        sa.Column("size", _row_id, nullable=False),
        sa.Column("witness", sa.Text(), nullable=False),
        sa.Column("line", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("size", "witness", name=op.f("pk_flowgov_cosignature")),
    )
    op.execute(sa.text("INSERT INTO flowgov_pending (record) SELECT id FROM flowgov_record ORDER BY id"))
    for statement in statements(op.get_bind().dialect.name, revision):
        op.execute(sa.text(statement.replace(":", r"\:")))


def downgrade() -> None:
    """There is no way back: it would delete the checkpoints."""
    raise RuntimeError("the audit log is never dropped")
