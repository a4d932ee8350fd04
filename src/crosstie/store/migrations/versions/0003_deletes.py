"""Deletes are intents too; the mass-change guard counts more than blanked fields."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Apply. What the guard had counted since a job last finished is counted anew."""
    op.add_column("intent", sa.Column("is_delete", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("coupling", sa.Column("stamps", sa.JSON(), nullable=False, server_default="{}"))
    op.drop_table("blanked_field")
    op.create_table(
        "guard_count",
        sa.Column("connection_id", sa.String(length=80), nullable=False),
        sa.Column("mapping", sa.String(length=80), nullable=False),
        sa.Column("side", sa.String(length=80), nullable=False),
        sa.Column("what", sa.String(length=80), nullable=False),
        sa.Column("records", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("connection_id", "mapping", "side", "what", name=op.f("pk_guard_count")),
    )
