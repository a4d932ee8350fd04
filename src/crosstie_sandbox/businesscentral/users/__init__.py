"""Users of the ERP, what they may do, and their web service access keys."""
