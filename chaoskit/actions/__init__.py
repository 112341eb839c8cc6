"""Actions: one file a change to the lab, faults among them."""
