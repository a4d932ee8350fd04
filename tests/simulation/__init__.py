"""Simulation: the real core and the real store against two simulated systems, on virtual time, in bad weather."""
