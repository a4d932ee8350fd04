"""What the application does with the rows of single tables, beyond what every table has: one module per table."""
