"""Records whose coupling ended and that are to stay uncoupled have a table of their own."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Apply. So far it was told by the last outcome, which a look at the record could replace."""
    key = sa.String(length=80)
    op.create_table(
        "kept_apart",
        sa.Column("connection_id", key, nullable=False),
        sa.Column("mapping", key, nullable=False),
        sa.Column("side", key, nullable=False),
        sa.Column("record_id", key, nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=False),
        sa.Column("reason_data", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("connection_id", "mapping", "side", "record_id", name=op.f("pk_kept_apart")),
    )
    op.execute(
        "INSERT INTO kept_apart (connection_id, mapping, side, record_id, reason, reason_data)"
        " SELECT connection_id, mapping, side, record_id, reason, reason_data FROM record_outcome"
        " WHERE reason = 'uncoupled'"
    )
