"""The schema. ``connection_id`` leads every key: one installation serves many pairs of company and environment."""

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class UtcTime(sa.TypeDecorator[datetime]):
    """A UTC time as sortable text, the same on every database."""

    impl = sa.String(27)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> str | None:
        """Write as ``2026-01-31T12:00:00.000000Z``."""
        del dialect
        return None if value is None else value.astimezone(UTC).isoformat(timespec="microseconds")[:-6] + "Z"

    def process_result_value(self, value: Any, dialect: sa.Dialect) -> datetime | None:  # noqa: ANN401 - SQLAlchemy's own
        """Read what :meth:`process_bind_param` wrote."""
        del dialect
        return None if value is None else datetime.fromisoformat(value)


def _key(name: str = "connection_id") -> sa.Column[str]:
    return sa.Column(name, sa.String(80), primary_key=True)


connection = sa.Table(
    "connection",
    metadata,
    _key(),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("erp", sa.JSON, nullable=False),
    sa.Column("crm", sa.JSON, nullable=False),
    sa.Column("created_at", UtcTime, nullable=False),
)

secret = sa.Table("secret", metadata, _key(), _key("name"), sa.Column("ciphertext", sa.LargeBinary, nullable=False))

mapping_lock = sa.Table(
    "mapping_lock",
    metadata,
    _key(),
    _key("mapping"),
    sa.Column("epoch", sa.BigInteger, nullable=False),
    sa.Column("owner", sa.Text, nullable=False),
    sa.Column("lease_until", UtcTime, nullable=False),
)

change_feed = sa.Table(
    "change_feed",
    metadata,
    _key(),
    _key("side"),
    _key("table_name"),
    sa.Column("columns", sa.JSON, nullable=False),
    sa.Column("token", sa.Text),
    sa.Column("pass_number", sa.Integer, nullable=False),
)

inbox_place = sa.Table("inbox_place", metadata, _key(), sa.Column("seq", sa.BigInteger, nullable=False))

change_inbox = sa.Table(
    "change_inbox",
    metadata,
    _key(),
    _key("side"),
    _key("table_name"),
    _key("record_id"),
    sa.Column("seq", sa.BigInteger, nullable=False),
    sa.Column("version", sa.Text, comment="NULL: the system says it is gone"),
    sa.Column("filter_values", sa.JSON, nullable=False),
    sa.Column("pass_number", sa.Integer, nullable=False),
    sa.Index("ix_change_inbox_seq", "connection_id", "side", "table_name", "seq"),
)

inbox_cursor = sa.Table(
    "inbox_cursor",
    metadata,
    _key(),
    _key("mapping"),
    _key("side"),
    sa.Column("seq", sa.BigInteger, nullable=False),
)

coupling = sa.Table(
    "coupling",
    metadata,
    _key(),
    _key("mapping"),
    _key("erp_id"),
    sa.Column("crm_id", sa.String(80), nullable=False),
    sa.Column("generation", sa.Integer, nullable=False),
    sa.Column("erp_number", sa.String(80)),
    sa.Column("erp_version", sa.Text),
    sa.Column("crm_version", sa.Text),
    sa.Column("base", sa.JSON, nullable=False),
    sa.Column("stamps", sa.JSON, nullable=False, server_default="{}"),
    sa.Column("coupled_at", UtcTime, nullable=False),
    sa.Column("synchronized_at", UtcTime, nullable=False),
    sa.Column("job_id", sa.String(80), nullable=False),
    sa.UniqueConstraint("connection_id", "mapping", "crm_id"),
    sa.Index("ix_coupling_erp_number", "connection_id", "mapping", "erp_number"),
)

intent = sa.Table(
    "intent",
    metadata,
    _key(),
    _key("intent_id"),
    sa.Column("mapping", sa.String(80), nullable=False),
    sa.Column("job_id", sa.String(80), nullable=False),
    sa.Column("epoch", sa.BigInteger, nullable=False),
    sa.Column("state", sa.String(20), nullable=False),
    sa.Column("destination", sa.String(3), nullable=False),
    sa.Column("is_insert", sa.Boolean, nullable=False),
    sa.Column("is_delete", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("erp_id", sa.String(80)),
    sa.Column("crm_id", sa.String(80), nullable=False),
    sa.Column("generation", sa.Integer, nullable=False),
    sa.Column("number", sa.String(80)),
    sa.Column("sent", sa.JSON, nullable=False),
    sa.Column("before", sa.JSON, nullable=False),
    sa.Column("version", sa.Text),
    sa.Column("source", sa.JSON, nullable=False),
    sa.Column("source_version", sa.Text, nullable=False),
    sa.Column("source_number", sa.String(80)),
    sa.Column("intended_at", UtcTime, nullable=False),
    sa.Column("settled_at", UtcTime),
    sa.Index("ix_intent_state", "connection_id", "mapping", "state"),
    sa.Index("ix_intent_erp_id", "connection_id", "mapping", "erp_id"),
    sa.Index("ix_intent_crm_id", "connection_id", "mapping", "crm_id"),
    sa.Index("ix_intent_number", "connection_id", "mapping", "number"),
)

number_range = sa.Table(
    "number_range", metadata, _key(), _key("mapping"), sa.Column("last", sa.BigInteger, nullable=False)
)

reserved_number = sa.Table(
    "reserved_number",
    metadata,
    _key(),
    _key("mapping"),
    _key("crm_id"),
    sa.Column("number", sa.String(80), nullable=False),
    sa.UniqueConstraint("connection_id", "mapping", "number"),
)

record_outcome = sa.Table(
    "record_outcome",
    metadata,
    _key(),
    _key("mapping"),
    _key("side"),
    _key("record_id"),
    sa.Column("kind", sa.String(20), nullable=False),
    sa.Column("reason", sa.String(40), nullable=False),
    sa.Column("reason_data", sa.JSON, nullable=False),
    sa.Column("detail", sa.Text, nullable=False),
    sa.Column("next_step", sa.Text, nullable=False),
    sa.Column("label", sa.Text, nullable=False),
    sa.Column("fields", sa.JSON, nullable=False),
    sa.Column("truncated", sa.Text, nullable=False, server_default=""),
    sa.Column("job_id", sa.String(80), nullable=False),
    sa.Column("at", UtcTime, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("due_at", UtcTime),
    sa.Index("ix_record_outcome_due_at", "connection_id", "mapping", "side", "due_at"),
)

waiting = sa.Table(
    "waiting",
    metadata,
    _key(),
    _key("mapping"),
    _key("side"),
    _key("record_id"),
    _key("field"),
    sa.Column("needs_mapping", sa.String(80), nullable=False),
    sa.Column("needs_side", sa.String(3), nullable=False),
    sa.Column("needs_key", sa.String(20), nullable=False),
    sa.Column("needs_value", sa.String(80), nullable=False),
    sa.Column("is_required", sa.Boolean, nullable=False),
    sa.Index("ix_waiting_needs", "connection_id", "needs_mapping", "needs_value"),
)

conflict = sa.Table(
    "conflict",
    metadata,
    _key(),
    _key("mapping"),
    _key("erp_id"),
    _key("unit"),
    sa.Column("crm_id", sa.String(80), nullable=False),
    sa.Column("reason", sa.String(40), nullable=False),
    sa.Column("reason_data", sa.JSON, nullable=False),
    sa.Column("fields", sa.JSON, nullable=False),
    sa.Column("erp_values", sa.JSON, nullable=False),
    sa.Column("crm_values", sa.JSON, nullable=False),
    sa.Column("base_erp", sa.JSON),
    sa.Column("base_crm", sa.JSON),
    sa.Column("edits", sa.JSON, nullable=False, server_default="{}"),
    sa.Column("found_at", UtcTime, nullable=False),
    sa.Column("job_id", sa.String(80), nullable=False),
    sa.Column("closed_at", UtcTime),
)

synch_job = sa.Table(
    "synch_job",
    metadata,
    _key(),
    _key("job_id"),
    sa.Column("mapping", sa.String(80), nullable=False),
    sa.Column("type", sa.String(20), nullable=False),
    sa.Column("status", sa.String(40), nullable=False),
    sa.Column("started_by", sa.Text, nullable=False),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Column("started_at", UtcTime),
    sa.Column("finished_at", UtcTime),
    sa.Column("message", sa.Text, nullable=False),
    sa.Column("is_full", sa.Boolean, nullable=False),
    sa.Column("to_erp", sa.JSON, nullable=False),
    sa.Column("to_crm", sa.JSON, nullable=False),
    sa.Column("done", sa.Integer, nullable=False),
    sa.Column("total", sa.Integer),
    sa.Index("ix_synch_job_created_at", "connection_id", "created_at"),
)

full_synch_line = sa.Table(
    "full_synch_line",
    metadata,
    _key(),
    _key("mapping"),
    sa.Column("depends_on", sa.JSON, nullable=False),
    sa.Column("recommendation", sa.String(40)),
    sa.Column("status", sa.String(40)),
    sa.Column("to_status", sa.String(20), nullable=False),
    sa.Column("from_status", sa.String(20), nullable=False),
    sa.Column("job_id", sa.String(80)),
)

next_generation = sa.Table(
    "next_generation",
    metadata,
    _key(),
    _key("mapping"),
    _key("erp_id"),
    sa.Column("generation", sa.Integer, nullable=False),
)

kept_apart = sa.Table(
    "kept_apart",
    metadata,
    _key(),
    _key("mapping"),
    _key("side"),
    _key("record_id"),
    sa.Column("reason", sa.String(40), nullable=False),
    sa.Column("reason_data", sa.JSON, nullable=False),
)

resolution_rule = sa.Table(
    "resolution_rule",
    metadata,
    _key(),
    _key("mapping"),
    _key("unit"),
    sa.Column("resolution", sa.String(20), nullable=False),
    sa.Column("kept_at", UtcTime, nullable=False),
)

guard_count = sa.Table(
    "guard_count",
    metadata,
    _key(),
    _key("mapping"),
    _key("side"),
    _key("what"),
    sa.Column("records", sa.Integer, nullable=False),
)
