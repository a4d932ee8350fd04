"""Columns that hold a file: where the files are kept, and how they come in and go out, whole or in chunks."""
