"""Latencies of Locust's statistics in full resolution; what Locust prints itself is in whole milliseconds."""

from __future__ import annotations

from locust.stats import RequestStats, StatsEntry

_SHARES = (0.5, 0.9, 0.99, 0.999, 1.0)


def latencies(stats: RequestStats) -> list[str]:
    """A line for each entry that has any: milliseconds from the intended start."""
    entries = [stats.entries[key] for key in sorted(stats.entries)]
    return [_line(entry) for entry in entries if entry.response_times]


def _line(entry: StatsEntry) -> str:
    figures = [f"p{share * 100:g} {entry.get_response_time_percentile(share):.3f}" for share in _SHARES[:-1]]
    return f"{entry.method} {entry.name}: {', '.join(figures)}, max {entry.max_response_time:.3f} ms"
