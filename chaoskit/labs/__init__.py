"""Labs: a Compose file becomes a topology, and a driver brings it up."""
