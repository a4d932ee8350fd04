"""The first schema."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "change_feed",
        sa.Column("connection_id", sa.String(length=80), nullable=False),
        sa.Column("side", sa.String(length=80), nullable=False),
        sa.Column("table_name", sa.String(length=80), nullable=False),
        sa.Column("columns", sa.JSON(), nullable=False),
        sa.Column("token", sa.Text(), nullable=True),
        sa.Column("pass_number", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("connection_id", "side", "table_name", name=op.f("pk_change_feed")),
    )
    op.create_table(
        "change_inbox",
        sa.Column("connection_id", sa.String(length=80), nullable=False),
        sa.Column("side", sa.String(length=80), nullable=False),
        sa.Column("table_name", sa.String(length=80), nullable=False),
        sa.Column("record_id", sa.String(length=80), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Text(), nullable=True, comment="NULL: the system says it is gone"),
        sa.Column("filter_values", sa.JSON(), nullable=False),
        sa.Column("pass_number", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("connection_id", "side", "table_name", "record_id", name=op.f("pk_change_inbox")),
    )
    with op.batch_alter_table("change_inbox", schema=None) as batch_op:
        batch_op.create_index("ix_change_inbox_seq", ["connection_id", "side", "table_name", "seq"], unique=False)

    op.create_table(
        "conflict",
        sa.Column("connection_id", sa.String(length=80), nullable=False),
        sa.Column("mapping", sa.String(length=80), nullable=False),
        sa.Column("erp_id", sa.String(length=80), nullable=False),
        sa.Column("unit", sa.String(length=80), nullable=False),
        sa.Column("crm_id", sa.String(length=80), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=False),
        sa.Column("reason_data", sa.JSON(), nullable=False),
        sa.Column("fields", sa.JSON(), nullable=False),
        sa.Column("erp_values", sa.JSON(), nullable=False),
        sa.Column("crm_values", sa.JSON(), nullable=False),
        sa.Column("base_erp", sa.JSON(), nullable=True),
        sa.Column("base_crm", sa.JSON(), nullable=True),
        sa.Column("found_at", sa.String(length=27), nullable=False),
        sa.Column("job_id", sa.String(length=80), nullable=False),
        sa.Column("closed_at", sa.String(length=27), nullable=True),
        sa.PrimaryKeyConstraint("connection_id", "mapping", "erp_id", "unit", name=op.f("pk_conflict")),
    )
    op.create_table(
        "connection",
        sa.Column("connection_id", sa.String(length=80), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("erp", sa.JSON(), nullable=False),
        sa.Column("crm", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.String(length=27), nullable=False),
        sa.PrimaryKeyConstraint("connection_id", name=op.f("pk_connection")),
    )
    op.create_table(
        "coupling",
        sa.Column("connection_id", sa.String(length=80), nullable=False),
        sa.Column("mapping", sa.String(length=80), nullable=False),
        sa.Column("erp_id", sa.String(length=80), nullable=False),
        sa.Column("crm_id", sa.String(length=80), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("erp_number", sa.String(length=80), nullable=True),
        sa.Column("erp_version", sa.Text(), nullable=True),
        sa.Column("crm_version", sa.Text(), nullable=True),
        sa.Column("base", sa.JSON(), nullable=False),
        sa.Column("coupled_at", sa.String(length=27), nullable=False),
        sa.Column("synchronized_at", sa.String(length=27), nullable=False),
        sa.Column("job_id", sa.String(length=80), nullable=False),
        sa.PrimaryKeyConstraint("connection_id", "mapping", "erp_id", name=op.f("pk_coupling")),
        sa.UniqueConstraint(
            "connection_id", "mapping", "crm_id", name=op.f("uq_coupling_connection_id_mapping_crm_id")
        ),
    )
    with op.batch_alter_table("coupling", schema=None) as batch_op:
        batch_op.create_index("ix_coupling_erp_number", ["connection_id", "mapping", "erp_number"], unique=False)

    op.create_table(
        "full_synch_line",
        sa.Column("connection_id", sa.String(length=80), nullable=False),
        sa.Column("mapping", sa.String(length=80), nullable=False),
        sa.Column("depends_on", sa.JSON(), nullable=False),
        sa.Column("recommendation", sa.String(length=40), nullable=True),
        sa.Column("status", sa.String(length=40), nullable=True),
        sa.Column("to_status", sa.String(length=20), nullable=False),
        sa.Column("from_status", sa.String(length=20), nullable=False),
        sa.Column("job_id", sa.String(length=80), nullable=True),
        sa.PrimaryKeyConstraint("connection_id", "mapping", name=op.f("pk_full_synch_line")),
    )
    op.create_table(
        "inbox_cursor",
        sa.Column("connection_id", sa.String(length=80), nullable=False),
        sa.Column("mapping", sa.String(length=80), nullable=False),
        sa.Column("side", sa.String(length=80), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("connection_id", "mapping", "side", name=op.f("pk_inbox_cursor")),
    )
    op.create_table(
        "inbox_place",
        sa.Column("connection_id", sa.String(length=80), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("connection_id", name=op.f("pk_inbox_place")),
    )
    op.create_table(
        "intent",
        sa.Column("connection_id", sa.String(length=80), nullable=False),
        sa.Column("intent_id", sa.String(length=80), nullable=False),
        sa.Column("mapping", sa.String(length=80), nullable=False),
        sa.Column("job_id", sa.String(length=80), nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("destination", sa.String(length=3), nullable=False),
        sa.Column("is_insert", sa.Boolean(), nullable=False),
        sa.Column("erp_id", sa.String(length=80), nullable=True),
        sa.Column("crm_id", sa.String(length=80), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=80), nullable=True),
        sa.Column("sent", sa.JSON(), nullable=False),
        sa.Column("before", sa.JSON(), nullable=False),
        sa.Column("version", sa.Text(), nullable=True),
        sa.Column("source", sa.JSON(), nullable=False),
        sa.Column("source_version", sa.Text(), nullable=False),
        sa.Column("source_number", sa.String(length=80), nullable=True),
        sa.Column("intended_at", sa.String(length=27), nullable=False),
        sa.Column("settled_at", sa.String(length=27), nullable=True),
        sa.PrimaryKeyConstraint("connection_id", "intent_id", name=op.f("pk_intent")),
    )
    with op.batch_alter_table("intent", schema=None) as batch_op:
        batch_op.create_index("ix_intent_crm_id", ["connection_id", "mapping", "crm_id"], unique=False)
        batch_op.create_index("ix_intent_number", ["connection_id", "mapping", "number"], unique=False)
        batch_op.create_index("ix_intent_erp_id", ["connection_id", "mapping", "erp_id"], unique=False)
        batch_op.create_index("ix_intent_state", ["connection_id", "mapping", "state"], unique=False)

    op.create_table(
        "mapping_lock",
        sa.Column("connection_id", sa.String(length=80), nullable=False),
        sa.Column("mapping", sa.String(length=80), nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("lease_until", sa.String(length=27), nullable=False),
        sa.PrimaryKeyConstraint("connection_id", "mapping", name=op.f("pk_mapping_lock")),
    )
    op.create_table(
        "number_range",
        sa.Column("connection_id", sa.String(length=80), nullable=False),
        sa.Column("mapping", sa.String(length=80), nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("connection_id", "mapping", name=op.f("pk_number_range")),
    )
    op.create_table(
        "record_outcome",
        sa.Column("connection_id", sa.String(length=80), nullable=False),
        sa.Column("mapping", sa.String(length=80), nullable=False),
        sa.Column("side", sa.String(length=80), nullable=False),
        sa.Column("record_id", sa.String(length=80), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=False),
        sa.Column("reason_data", sa.JSON(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("next_step", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("fields", sa.JSON(), nullable=False),
        sa.Column("job_id", sa.String(length=80), nullable=False),
        sa.Column("at", sa.String(length=27), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.String(length=27), nullable=True),
        sa.PrimaryKeyConstraint("connection_id", "mapping", "side", "record_id", name=op.f("pk_record_outcome")),
    )
    with op.batch_alter_table("record_outcome", schema=None) as batch_op:
        batch_op.create_index("ix_record_outcome_due_at", ["connection_id", "mapping", "side", "due_at"], unique=False)

    op.create_table(
        "reserved_number",
        sa.Column("connection_id", sa.String(length=80), nullable=False),
        sa.Column("mapping", sa.String(length=80), nullable=False),
        sa.Column("crm_id", sa.String(length=80), nullable=False),
        sa.Column("number", sa.String(length=80), nullable=False),
        sa.PrimaryKeyConstraint("connection_id", "mapping", "crm_id", name=op.f("pk_reserved_number")),
        sa.UniqueConstraint(
            "connection_id", "mapping", "number", name=op.f("uq_reserved_number_connection_id_mapping_number")
        ),
    )
    op.create_table(
        "secret",
        sa.Column("connection_id", sa.String(length=80), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("ciphertext", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("connection_id", "name", name=op.f("pk_secret")),
    )
    op.create_table(
        "synch_job",
        sa.Column("connection_id", sa.String(length=80), nullable=False),
        sa.Column("job_id", sa.String(length=80), nullable=False),
        sa.Column("mapping", sa.String(length=80), nullable=False),
        sa.Column("type", sa.String(length=20), nullable=False),
        sa.Column("status", sa.String(length=40), nullable=False),
        sa.Column("started_by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.String(length=27), nullable=False),
        sa.Column("started_at", sa.String(length=27), nullable=True),
        sa.Column("finished_at", sa.String(length=27), nullable=True),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("is_full", sa.Boolean(), nullable=False),
        sa.Column("to_erp", sa.JSON(), nullable=False),
        sa.Column("to_crm", sa.JSON(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("connection_id", "job_id", name=op.f("pk_synch_job")),
    )
    with op.batch_alter_table("synch_job", schema=None) as batch_op:
        batch_op.create_index("ix_synch_job_created_at", ["connection_id", "created_at"], unique=False)

    op.create_table(
        "waiting",
        sa.Column("connection_id", sa.String(length=80), nullable=False),
        sa.Column("mapping", sa.String(length=80), nullable=False),
        sa.Column("side", sa.String(length=80), nullable=False),
        sa.Column("record_id", sa.String(length=80), nullable=False),
        sa.Column("field", sa.String(length=80), nullable=False),
        sa.Column("needs_mapping", sa.String(length=80), nullable=False),
        sa.Column("needs_side", sa.String(length=3), nullable=False),
        sa.Column("needs_key", sa.String(length=20), nullable=False),
        sa.Column("needs_value", sa.String(length=80), nullable=False),
        sa.Column("is_required", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("connection_id", "mapping", "side", "record_id", "field", name=op.f("pk_waiting")),
    )
    with op.batch_alter_table("waiting", schema=None) as batch_op:
        batch_op.create_index("ix_waiting_needs", ["connection_id", "needs_mapping", "needs_value"], unique=False)
