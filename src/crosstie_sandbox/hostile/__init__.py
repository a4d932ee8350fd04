"""Seeded faults in front of a server: what a network, a gateway or an overloaded service does to a request."""
