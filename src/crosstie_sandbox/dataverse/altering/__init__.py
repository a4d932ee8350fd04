"""Altering tables while the server runs: what can be defined, and what that makes of the tables there are."""
