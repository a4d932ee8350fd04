"""What survives a crash: couplings, bases, change inbox, journal, jobs; one schema for SQLite and PostgreSQL."""
