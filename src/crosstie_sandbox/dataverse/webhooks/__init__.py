"""Events that are sent to whoever registered for them, as HTTP requests with the vendor's body."""
