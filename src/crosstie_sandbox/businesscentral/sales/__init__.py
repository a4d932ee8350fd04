"""Sales documents: what their lines cost, which dates and prices they get, and the pages that show them."""
