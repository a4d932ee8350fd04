"""Pure rules per record pair: what one value becomes on the other side where copying it is not enough."""
