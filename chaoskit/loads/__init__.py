"""Loads: arrivals, client populations, naming, the engine; one file a protocol."""
