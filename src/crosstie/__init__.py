"""Couples a CRM with an ERP and keeps their records in step, both ways."""
