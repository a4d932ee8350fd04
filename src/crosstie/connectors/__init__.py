"""Connectors: one package per system, the same file names in each; they keep to the port and ignore each other."""
