"""Sandbox CRM and sandbox ERP: two servers that speak the vendors' protocols over SQLite. Imports nothing of crosstie."""
