"""Tables described by the service itself, and the addresses below which clients read and alter definitions."""
