"""What a run ran on, and how to repeat it."""

from __future__ import annotations

from chaoskit.core.units import show_duration
from chaoskit.report.markup import Markup, el
from chaoskit.report.model import RunModel
from chaoskit.report.model.environment import flat


def environment(model: RunModel) -> Markup:
    """The command that repeats the run, then pairs of words."""
    meta = model.arm.history.meta
    pairs = [("run", meta.run), ("seed", str(meta.seed)), ("driver", meta.driver), ("source", meta.source)]
    pairs.append(("duration", show_duration(meta.duration)))
    pairs += [(f"param {name}", str(value)) for name, value in meta.params.items()]
    pairs += list(flat(meta.environment))
    listed = [el("div", el("dt", name), el("dd", value)) for name, value in pairs]
    return el("div", el("p", "To repeat it: ", el("code", model.arm.command), class_="repeat"), el("dl", *listed))
