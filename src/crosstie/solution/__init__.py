"""The integration solution: what an administrator imports into Dataverse before the first synchronization.

Its content is data (`content.toml`, `privileges.csv`); the modules only turn it into the ZIP that Dataverse imports.
"""
