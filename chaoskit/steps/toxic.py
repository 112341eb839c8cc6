"""The step that gives a proxy of Toxiproxy a toxic."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, TypeVar, cast

from chaoskit.core.errors import StepError
from chaoskit.core.host import RunningLab
from chaoskit.core.step import Evidence, Json, Prior
from chaoskit.core.units import NS
from chaoskit.kernel.namespaces import in_network
from chaoskit.steps.exchange import Exchange, Talk, exchange, exchanges
from chaoskit.steps.reach import host_of, network_left, network_of, running, seen, step_errors
from chaoskit.steps.toxic_marks import Mark, finishes, how_many, mark
from chaoskit.steps.toxiproxy_api import PORT, Api, Gone, There

T = TypeVar("T")

_ANY = ("", "0.0.0.0", "[::]")
_BEFORE_WITHIN = 5 * NS
_QUIET = NS // 10
"""A server that keeps the connection has said everything when it says nothing for so long."""
_BEFORE_TIMES = 3
_TOXICITY_OFF = 1e-3


@dataclass(frozen=True)
class Toxic:
    """Add a toxic to a proxy; undone by removing exactly this one.

    The toxics of others are left alone. A server that is started anew has forgotten all of them: after a power-off the
    toxic is added again, after a crash of the server alone it is not.

    Attributes:
        host: on which Toxiproxy runs; its API is asked, and its effect measured, from inside that host's network.
        proxy: the proxy's name there.
        name: the toxic's, `chaoskit_<id>`.
        toxic: its type.
        stream: `upstream` or `downstream`.
        toxicity: the share of connections that have it.
        attributes: in Toxiproxy's units.
        asking: what is said through the proxy to see the effect by the answer.
        port: of the API, on the loopback address.
    """

    host: str
    proxy: str
    name: str
    toxic: str
    stream: str
    toxicity: float
    attributes: Mapping[str, int]
    asking: str
    port: int = PORT

    kind: ClassVar[str] = "toxic"
    one_shot: ClassVar[bool] = False
    # What a server was told is gone after a power-off, as its network is.
    on_network: ClassVar[bool] = True

    @property
    def target(self) -> str:
        """The host."""
        return self.host

    def describe(self) -> str:
        """One line for plans."""
        given = ", ".join(f"{name}={value}" for name, value in self.attributes.items())
        share = "" if self.toxicity == 1 else f" on {self.toxicity:.0%} of connections"
        return f"{self.host}: proxy {self.proxy}: {self.toxic}({given}) {self.stream}{share}"

    def prepare(self, lab: RunningLab) -> Prior:
        """See that the proxy is there and carries, read its toxics, and time an exchange through it.

        Raises:
            StepError: the host does not run, Toxiproxy or the proxy is not there, nothing answers through it, or the
                answer is such that the effect could not be seen.
        """
        running(host_of(lab, self.host), "given a toxic")

        def look() -> tuple[list[str], tuple[str, int], Exchange]:
            api = self._api()
            if not api.listens:
                raise StepError(
                    f"no Toxiproxy listens on port {self.port} of {self.host}",
                    remedy="Its API has to be on the loopback address (-host=127.0.0.1, or 0.0.0.0); port= says which.",
                )
            proxy, toxics = api.proxy(self.proxy), api.toxics(self.proxy)
            if not proxy.enabled:
                raise StepError(f"the proxy {self.proxy} of {self.host} is not enabled")
            if self.name in toxics:
                raise StepError(f"the proxy {self.proxy} of {self.host} has a toxic {self.name} already")
            address = _reached_at(proxy.listen)
            return sorted(toxics), address, self._before(address)

        toxics, address, before = self._inside(lab, look)
        made = self._mark(before)
        if made.unseen:
            raise StepError(
                f"{self.describe()}: it could not be seen: {made.unseen}",
                remedy="Give asking= a question that the server behind the proxy answers, in such a way that it shows.",
            )
        return {"toxics": toxics, "address": list(address), "before": before.as_json()}

    def do(self, lab: RunningLab, prior: Prior) -> None:
        """Add it.

        Raises:
            StepError: the server does not answer, or does not take it.
        """

        def add() -> None:
            try:
                self._api().add(
                    self.proxy,
                    name=self.name,
                    toxic=self.toxic,
                    stream=self.stream,
                    toxicity=self.toxicity,
                    attributes=self.attributes,
                )
            except There:
                return  # nobody else has toxics of that name
            except Gone as error:
                raise StepError(f"the proxy {self.proxy} of {self.host} is gone: {error}") from None

        self._inside(lab, add)

    def confirm(self, lab: RunningLab, prior: Prior) -> Evidence:
        """See that the server lists it as it was asked for, and measure its effect on exchanges through the proxy."""
        return seen(lambda: self._inside(lab, lambda: self._look(prior)))

    def _look(self, prior: Prior) -> Evidence:
        try:
            listed = self._api().toxics(self.proxy).get(self.name)
        except Gone as error:
            return Evidence(False, f"{self.host}: the proxy {self.proxy} is gone: {error}")
        if listed is None:
            return Evidence(False, f"{self.host}: the proxy {self.proxy} has no toxic {self.name}")
        if not self._is_this(listed):
            return Evidence(False, f"{self.host}: {self.name} of the proxy {self.proxy} is another one")
        before = Exchange.from_json(cast(Mapping[str, Json], prior["before"]))
        made, times = self._mark(before), how_many(self.toxicity, self.attributes)
        address, port = cast("list[str | int]", prior["address"])
        talk = Talk(
            (str(address), int(port)),
            self.asking.encode(),
            made.within,
            enough=None if made.to_the_end else before.size,
            finish=finishes(self.toxic, self.stream),
        )
        return self._measured(made, before, exchanges(talk, times))

    def _measured(self, made: Mark, before: Exchange, found: list[Exchange]) -> Evidence:
        values = [value for one in found if (value := made.of(before, one)) is not None]
        hits = sum(made.low <= value <= made.high for value in values)
        # A connection may be slow, or fail, for reasons of its own: most of those that must show it do, or any of some.
        enough = hits * 2 > len(found) if self.toxicity == 1 else hits > 0
        apart = max(values) - min(values) if values else 0
        ends = (
            dict.fromkeys(made.shown(end) for end in (min(values), max(values))) if values else ["nothing of the kind"]
        )
        said = " to ".join(ends)
        what = f"{self.host}: {self.proxy} lists {self.name}; {made.what} {said}"
        what += f" ({made.shown(made.low)} to {made.shown(made.high)} expected) in {hits} of {len(found)} exchanges"
        return Evidence(enough and apart >= made.spread, what)

    def undo(self, lab: RunningLab, prior: Prior) -> None:
        """Remove it; a server that has ended, or lost it, has none any more.

        Raises:
            StepError: the server does not answer.
        """
        host = host_of(lab, self.host)
        network = network_left(host)
        if network is None or host.status().pid is None:
            return

        def remove() -> None:
            api = self._api()
            if not api.listens:
                return  # toxics are in the server's memory only
            try:
                api.remove(self.proxy, self.name)
            except Gone:
                return

        with step_errors(f"{self.name} of the proxy {self.proxy} of {self.host} could not be removed"):
            in_network(network, remove)

    def _before(self, address: tuple[str, int]) -> Exchange:
        """The quickest of some exchanges: what delays one by chance is left out."""
        asking, finish = self.asking.encode(), finishes(self.toxic, self.stream)
        talk = Talk(address, asking, _BEFORE_WITHIN, quiet=_QUIET, finish=finish)
        return min(
            (exchange(talk) for _ in range(_BEFORE_TIMES)), key=lambda one: (one.first is None, one.first or one.end)
        )

    def _mark(self, before: Exchange) -> Mark:
        return mark(self.toxic, self.attributes, self.stream, before, len(self.asking.encode()))

    def _is_this(self, listed: Any) -> bool:
        same = (listed.type, listed.stream) == (self.toxic, self.stream)
        alike = abs(listed.toxicity - self.toxicity) < _TOXICITY_OFF  # Toxiproxy has it in single precision
        return bool(same and alike and all(listed.attributes.get(key) == each for key, each in self.attributes.items()))

    def _inside(self, lab: RunningLab, work: Callable[[], T]) -> T:
        """Do something in the network of the host."""
        network = network_of(host_of(lab, self.host))
        with step_errors(f"{self.describe()}: Toxiproxy of {self.host}, port {self.port}"):
            return in_network(network, work)

    def _api(self) -> Api:
        return Api(self.port)


def _reached_at(listen: str) -> tuple[str, int]:
    """Where a proxy that listens there is reached from its own host."""
    address, _, port = listen.rpartition(":")
    return ("127.0.0.1" if address in _ANY else address.strip("[]")), int(port)
