"""Tables described by the service itself: reading their definitions, and altering them while the server runs."""
