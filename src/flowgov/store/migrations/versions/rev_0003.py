"""Delegations, service accounts and leavers.

Revision 0003.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns."""
    op.add_column("flowgov_person", sa.Column("service", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("flowgov_person", sa.Column("ended", sa.Text(), nullable=True))
    op.add_column("flowgov_assignment", sa.Column("delegator", sa.Text(), nullable=True))
    op.add_column("flowgov_assignment", sa.Column("base", sa.Text(), nullable=True))
    op.add_column("flowgov_approval", sa.Column("delegator", sa.Text(), nullable=True))


def downgrade() -> None:
    """There is no way back."""
    raise RuntimeError("the audit log is never dropped")
