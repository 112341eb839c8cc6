"""The numbers behind the reports, computed once from a history; nothing here knows of HTML or a terminal."""

from chaoskit.report.model.run import RunModel, model_of

__all__ = ["RunModel", "model_of"]
