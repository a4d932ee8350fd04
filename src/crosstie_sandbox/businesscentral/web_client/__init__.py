"""The server's own few pages for people: users with their keys, and web services."""
