"""Registers of the dossier, delegations, service accounts, and what more is known of approvals and exceptions.

Revision 0003. Rows written before it have nothing in the new columns, as their records say.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_COLUMNS = {
    "person": (("service", sa.Boolean()), ("ended", sa.Text())),
    "assignment": (("delegator", sa.Text()), ("base", sa.Text())),
    "approval": (("basis", sa.Text()), ("reservation", sa.Text()), ("delegator", sa.Text())),
    "exception": (
        ("roles", sa.Text()),
        ("risk", sa.Text()),
        ("control", sa.Text()),
        ("every_days", sa.Integer()),
        ("reviewed", sa.Text()),
        ("ended", sa.Text()),
    ),
}


def upgrade() -> None:
    """Create the table of entries, and the columns that came later."""
    op.create_table(
        "flowgov_entry",
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("at", sa.Text(), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.Column("texts", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("scope", "kind", "key", name=op.f("pk_flowgov_entry")),
    )
    op.create_index(op.f("ix_flowgov_entry_kind"), "flowgov_entry", ["kind"])
    for table, columns in _COLUMNS.items():
        for name, type_ in columns:
            op.add_column(f"flowgov_{table}", _column(name, type_))


def _column(name: str, type_: Any) -> sa.Column[Any]:
    if name == "service":
        return sa.Column(name, type_, nullable=False, server_default=sa.false())
    return sa.Column(name, type_, nullable=True)


def downgrade() -> None:
    """There is no way back: it would drop what records are about."""
    raise RuntimeError("the audit log is never dropped")
