"""What the ways to ask for rows have in common: conditions on columns, periods of time, who asks."""
