"""An exception can be for every project: then it names none.

Revision 0004. Rows written before it keep their project. SQLite has no way to take NOT NULL off a column, so the
table is made anew there and its rows copied; no trigger and no other table depends on it.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Let the project of an exception be absent."""
    with op.batch_alter_table("flowgov_exception") as table:
        table.alter_column("project_id", existing_type=sa.Text(), nullable=True)


def downgrade() -> None:
    """There is no way back: it would drop the exceptions for every project."""
    raise RuntimeError("the audit log is never dropped")
