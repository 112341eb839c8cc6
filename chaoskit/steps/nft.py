"""The step that puts an nftables table of our own into a host's network."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import ClassVar

from chaoskit.core.errors import StepError
from chaoskit.core.host import RunningLab
from chaoskit.core.step import Evidence, Prior
from chaoskit.core.units import show_duration
from chaoskit.kernel import nft
from chaoskit.steps.reach import host_of, network_left, network_of, seen, step_errors

MARGIN = 2_000_000_000
"""ns by which the kernel's timeout outlasts the action: the undo comes first unless nobody is left to undo."""


@dataclass(frozen=True)
class Nft:
    """A table whose rules act on what its sets hold, until the kernel empties them or it is undone.

    The sets carry kernel timeouts, so the effect ends even when every process of chaoskit is gone. On a
    host that came back with a new network the step is done again, for what is left of its time.

    Attributes:
        host: in whose network namespace.
        table: its name, `chaoskit_<id>`; nobody else has a table of that name there.
        effect: what it does, in words: plans and the action log show it.
        addresses: IPv4 addresses by the name of the set that holds them.
        chains: whole chains in the syntax of nft(8), family inet.
        lasting: ns from `prepare` until the kernel empties the sets.
    """

    host: str
    table: str
    effect: str
    addresses: Mapping[str, tuple[str, ...]]
    chains: tuple[str, ...]
    lasting: int

    kind: ClassVar[str] = "nft"
    one_shot: ClassVar[bool] = False
    on_network: ClassVar[bool] = True

    @property
    def target(self) -> str:
        """The host."""
        return self.host

    def describe(self) -> str:
        """One line for plans."""
        return f"{self.host}: {self.effect} (table {self.table}, emptied after {show_duration(self.lasting)})"

    def prepare(self, lab: RunningLab) -> Prior:
        """Make sure that the name is free, and fix the moment at which the kernel's timeout ends.

        Raises:
            StepError: the host has no network now, or a table of that name.
        """
        network = network_of(host_of(lab, self.host))
        with step_errors(self._what):
            if nft.read(network, self.table) is not None:
                raise StepError(
                    f"{self.host} has a table {self.table} already", remedy="An older run left it: chaoskit sweep."
                )
        return {"until": time.monotonic_ns() + self.lasting}

    def do(self, lab: RunningLab, prior: Prior) -> None:
        """Load the table in one transaction.

        Raises:
            StepError: nft refuses it, or its time is over.
        """
        left = (_moment(prior) - time.monotonic_ns()) // 1_000_000
        if left <= 0:
            raise StepError(f"{self._what}: its time is over")
        network = network_of(host_of(lab, self.host))
        with step_errors(self._what):
            nft.load(network, nft.render(self.table, self.addresses, self.chains, left))

    def confirm(self, lab: RunningLab, prior: Prior) -> Evidence:
        """Read the table back from the kernel: every chain's rules and every element still there."""
        return seen(lambda: self._look(lab))

    def _look(self, lab: RunningLab) -> Evidence:
        network = network_of(host_of(lab, self.host))
        with step_errors(self._what):
            held = nft.read(network, self.table)
        where = f"{self.host}: table {nft.FAMILY} {self.table}"
        if held is None:
            return Evidence(False, f"{where} is not there")
        present = sum(len(held.elements.get(name, frozenset()).intersection(each)) for name, each in self._sets)
        total = sum(len(frozenset(each)) for _, each in self._sets)
        what = f"{where}: {present} of {total} addresses in {held.rules} rules, {held.packets:,} packets matched"
        return Evidence(present == total and held.rules >= len(self.chains), what)

    def undo(self, lab: RunningLab, prior: Prior) -> None:
        """Delete exactly this table; a network that is gone took it along.

        Raises:
            StepError: nft refuses.
        """
        host = host_of(lab, self.host)
        network = network_left(host)
        if network is None:
            return
        with step_errors(self._what):
            nft.delete(network, self.table)

    @property
    def _sets(self) -> Collection[tuple[str, tuple[str, ...]]]:
        return self.addresses.items()

    @property
    def _what(self) -> str:
        return f"table {self.table} of {self.host}"


def _moment(prior: Prior) -> int:
    until = prior["until"]
    if not isinstance(until, int):
        raise StepError(f"the journal holds {until!r} where a moment in ns should be")
    return until
