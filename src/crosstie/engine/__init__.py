"""Pure decisions: compare, convert, merge, decide, settle, order. No I/O, no clock, no await."""
