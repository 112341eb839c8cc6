"""The summary for machines: what `prove --all --json` prints, and `summary.json` holds.

    {"schema": 1, "verdict": "unknown", "wanted": 10, "seconds": 512.3, "jobs": 2, "runs": 25, "beside": 4.1,
     "directory": "...", "command": "...", "stopped": null,
     "experiments": [{"id": "gslb.pool_death", "word": "proved", "error": null, "took": {"guarded": {...}}, ...}]}

What `prove --json` says of one experiment is said of each here; times are seconds.
"""

from __future__ import annotations

import json

from chaoskit.core.step import Json
from chaoskit.core.summary import Effort, Item, Summary
from chaoskit.core.verdict import Result, worst
from chaoskit.report.json import prove_object
from chaoskit.report.summary.rows import ERROR, word_of

SCHEMA = 1
"""A change that a reader must know of raises it; further keys do not."""


def summary_object(summary: Summary) -> dict[str, Json]:
    """The whole summary."""
    return {
        "schema": SCHEMA,
        "verdict": _verdict(summary),
        "wanted": summary.wanted,
        "seconds": round(summary.seconds, 3),
        "jobs": summary.jobs,
        "runs": summary.effort.runs,
        "beside": round(summary.effort.beside, 3),
        "directory": str(summary.directory),
        "command": summary.command,
        "stopped": summary.stopped or None,
        "experiments": [_item(item) for item in summary.items],
    }


def render(summary: Summary) -> str:
    """The document; ends with a line feed."""
    return json.dumps(summary_object(summary), indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def _verdict(summary: Summary) -> str:
    """The worst: an error, else a fail, else an unknown; what was not done is unknown."""
    if summary.errors:
        return ERROR
    unfinished = [Result.UNKNOWN] if len(summary.items) < summary.wanted else []
    return str(worst([*unfinished, *(result.verdict for result in summary.results)]))


def _item(item: Item) -> dict[str, Json]:
    shared: dict[str, Json] = {
        "word": word_of(item),
        "error": item.error or None,
        "took": {arm: _effort(effort) for arm, effort in item.efforts.items()},
    }
    if item.result is None:
        return {"id": item.experiment, "claim": item.claim, "verdict": ERROR, **shared}
    return {**prove_object(item.result), **shared, "directory": str(item.result.directory)}


def _effort(effort: Effort) -> dict[str, Json]:
    return {"runs": effort.runs, "seconds": round(effort.seconds, 3), "planned": effort.planned}
