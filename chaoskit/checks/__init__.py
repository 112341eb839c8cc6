"""Checks: one file a pure function from history to verdict."""
