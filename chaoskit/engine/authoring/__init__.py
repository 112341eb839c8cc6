"""Files of experiments that chaoskit writes: for a fault by hand, and as a first one for a project."""
