"""The default integration table mappings, one TOML file each."""
