"""Scenarios: what people of the field expect of an integration, and the tests that realize it."""
