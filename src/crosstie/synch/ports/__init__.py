"""The ports: what use cases ask of connectors, the store and the clock. Protocols only."""
