"""Business logic of the sales tables: prices, totals, numbers, and which state lets what be changed."""
