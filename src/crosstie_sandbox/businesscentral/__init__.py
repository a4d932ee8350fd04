"""The sandbox ERP: Business Central API v2.0 over SQLite, written from the vendor's documentation."""
