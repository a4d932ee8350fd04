"""Sandbox CRM and sandbox ERP: two servers that speak the vendors' protocols over SQLite. Knows nothing of crosstie."""
