"""Compose files, whole: YAML, interpolation, extends, include and merge, down to one checked tree."""
