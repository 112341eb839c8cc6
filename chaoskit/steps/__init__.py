"""Step kinds: one file a kind of change that can be prepared, done, confirmed and undone."""
