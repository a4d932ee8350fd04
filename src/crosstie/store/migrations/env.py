"""Alembic's entry: migrates over the connection that :mod:`crosstie.store.database` opened."""

from alembic import context

from crosstie.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
