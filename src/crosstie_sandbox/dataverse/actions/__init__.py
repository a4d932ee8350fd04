"""Functions and actions of the service: what a client calls by name rather than by the address of a row."""
