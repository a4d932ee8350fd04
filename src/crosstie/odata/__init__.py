"""OData 4.0 client core over a given transport: session, sign-in, paging, batches, throttling. Knows no vendor."""
