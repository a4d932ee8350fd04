"""What outlives a coupling, rules kept from answers, and what the mass-change guard counted."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "next_generation",
        sa.Column("connection_id", sa.String(length=80), nullable=False),
        sa.Column("mapping", sa.String(length=80), nullable=False),
        sa.Column("erp_id", sa.String(length=80), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("connection_id", "mapping", "erp_id", name=op.f("pk_next_generation")),
    )
    op.create_table(
        "resolution_rule",
        sa.Column("connection_id", sa.String(length=80), nullable=False),
        sa.Column("mapping", sa.String(length=80), nullable=False),
        sa.Column("unit", sa.String(length=80), nullable=False),
        sa.Column("resolution", sa.String(length=20), nullable=False),
        sa.Column("kept_at", sa.String(length=27), nullable=False),
        sa.PrimaryKeyConstraint("connection_id", "mapping", "unit", name=op.f("pk_resolution_rule")),
    )
    op.create_table(
        "blanked_field",
        sa.Column("connection_id", sa.String(length=80), nullable=False),
        sa.Column("mapping", sa.String(length=80), nullable=False),
        sa.Column("side", sa.String(length=80), nullable=False),
        sa.Column("field", sa.String(length=80), nullable=False),
        sa.Column("records", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("connection_id", "mapping", "side", "field", name=op.f("pk_blanked_field")),
    )
