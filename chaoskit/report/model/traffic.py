"""Arrivals by what became of them, and who served whom, a bin each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from chaoskit.core.history import History, Requests, Text
from chaoskit.core.load import OUTCOMES, Outcome
from chaoskit.core.topology import HostInfo, Topology
from chaoskit.report.model.bins import Bins

NOT_SENT = (Outcome.LATE, Outcome.NO_PORT)
"""Outcomes that are the generator's doing: they say nothing about the system under test."""

_OK = OUTCOMES.index(Outcome.OK)
_NOT_SENT = [OUTCOMES.index(outcome) for outcome in NOT_SENT]
NOBODY = "nobody"
ELSEWHERE = "elsewhere"


def succeeded(requests: Requests) -> NDArray[np.bool_]:
    """Rows that succeeded."""
    return np.asarray(requests.outcome == _OK)


def failed(requests: Requests) -> NDArray[np.bool_]:
    """Rows that the system under test failed; what the generator never sent is no failure of it."""
    return ~succeeded(requests) & ~np.isin(requests.outcome, _NOT_SENT)


def place(host: HostInfo | None) -> str:
    """What a host counts as in shares: its region, else its service; `elsewhere` when it is none of the lab's."""
    return ELSEWHERE if host is None else host.region or host.service


def client_groups(history: History) -> tuple[Text, tuple[str, ...]]:
    """The group (region, else service) of each row's client, and the groups that sent anything."""
    clients = history.requests.client
    found = [place(history.topology.by_name.get(label)) for label in clients.labels]
    return _recoded(clients, found)


def server_places(requests: Requests, topology: Topology) -> Text:
    """The region of the address each row's last attempt connected to; empty when it never connected."""
    found = ["" if not label else place(topology.by_address.get(label)) for label in requests.server.labels]
    return _recoded(requests.server, found)[0]


def _recoded(column: Text, labels: list[str]) -> tuple[Text, tuple[str, ...]]:
    distinct = tuple(sorted(set(labels)))
    index = {label: code for code, label in enumerate(distinct)}
    mapping = np.array([index[label] for label in labels] or [0], np.min_scalar_type(len(distinct)))
    codes = mapping[column.codes] if len(column) else column.codes
    recoded = Text(codes, distinct)
    return recoded, tuple(used(recoded))


def rates(requests: Requests, bins: Bins, one_in: int = 1) -> Mapping[Outcome, NDArray[np.float64]]:
    """Arrivals a second by outcome, in the bin of their intended start; outcomes that never came are left out.

    Binned by intended start the outcomes of a bin add up to the rate that was asked for. A success stands for
    `one_in` of them.
    """
    cells = bins.of(requests.intended)
    cells *= len(OUTCOMES)
    cells += requests.outcome
    table = np.bincount(cells, minlength=bins.count * len(OUTCOMES)).reshape(bins.count, len(OUTCOMES))
    table[:, _OK] *= one_in
    seconds = bins.coverage()
    return {outcome: table[:, i] / seconds for i, outcome in enumerate(OUTCOMES) if table[:, i].any()}


def rates_by_load(
    requests: Requests, bins: Bins, one_in: int = 1, most: int = 6
) -> Mapping[str, Mapping[Outcome, NDArray[np.float64]]]:
    """As `rates`, for each load apart (the first `most` by name); empty where a run has one load only."""
    loads = requests.load
    sent = sorted(used(loads))
    if len(sent) < 2:
        return {}
    return {load: rates(requests.take(loads.equals(load)), bins, one_in) for load in sent[:most]}


def used(column: Text) -> list[str]:
    """The labels that a row holds; counting is ten times as fast as sorting."""
    return [column.labels[code] for code in np.flatnonzero(np.bincount(column.codes)).tolist()]


@dataclass(frozen=True)
class Shares:
    """Who served one group of clients.

    Attributes:
        by_place: share (0..1) of the bin's arrivals that a region, or an instance, served; `nobody` is what failed.
            NaN in bins without arrivals.
    """

    group: str
    by_place: Mapping[str, NDArray[np.float64]]


def shares(history: History, bins: Bins, most: int = 6) -> tuple[Shares, ...]:
    """Share of arrivals served by each region, for each client group (the first `most` of them).

    In a lab without regions it is the instance that answered; where answers do not name one, nothing can be said.
    """
    requests = history.requests
    codes, groups = client_groups(history)
    servers = _servers(requests, history.topology)
    if servers is None:
        return ()
    good, when = succeeded(requests), bins.of(requests.intended)
    columns = [label or ELSEWHERE for label in servers.labels] + [NOBODY]
    when *= len(columns)
    when += np.where(good, servers.codes.astype(np.int32), np.int32(len(columns) - 1))
    found = []
    for group in groups[:most]:
        cells = when[codes.equals(group)]
        table = np.bincount(cells, minlength=bins.count * len(columns)).reshape(bins.count, len(columns))
        table[:, :-1] *= history.meta.one_success_in
        found.append(_shares_of(group, columns, table))
    return tuple(found)


def _servers(requests: Requests, topology: Topology) -> Text | None:
    """Who served each row, as the lab tells them apart."""
    if any(host.region for host in topology.hosts):
        return server_places(requests, topology)
    named = requests.instance
    return named if any(used(named)) else None


def _shares_of(group: str, columns: list[str], table: NDArray[np.int64]) -> Shares:
    total = table.sum(axis=1, dtype=np.float64)
    total[total == 0] = np.nan
    present = [i for i, label in enumerate(columns) if label == NOBODY or table[:, i].any()]
    return Shares(group, {columns[i]: table[:, i] / total for i in present})
