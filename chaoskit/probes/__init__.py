"""Probes: one file a repeated reading of the lab."""
