"""OData V4 web services: pages that an administrator has published, under natural keys."""
