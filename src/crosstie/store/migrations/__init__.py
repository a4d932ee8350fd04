"""Schema migrations, one file per step, run by Alembic when the database is opened."""
