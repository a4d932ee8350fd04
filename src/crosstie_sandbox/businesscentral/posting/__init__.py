"""Posting: what leaves a document for the posted documents, the customer ledger and the item ledger."""
