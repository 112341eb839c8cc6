"""Several experiments, proved: one table for a terminal, a browser, a postmortem and a machine."""
