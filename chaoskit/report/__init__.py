"""Reports: the same result for a terminal, a browser, a postmortem and a machine."""

from chaoskit.report.write import write_all

__all__ = ["write_all"]
