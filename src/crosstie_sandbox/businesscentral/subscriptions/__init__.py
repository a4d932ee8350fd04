"""Webhooks: subscriptions to changes of records, and the notifications that tell of them."""
