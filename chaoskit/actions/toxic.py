"""`toxic`: what Toxiproxy can do to the connections that go through one of its proxies."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Literal

from chaoskit.core.action import Planning, action
from chaoskit.core.errors import UsageError
from chaoskit.core.selector import Selector
from chaoskit.core.step import Step
from chaoskit.core.units import NS, Duration, duration
from chaoskit.kernel.nft import PREFIX
from chaoskit.steps.toxic import Toxic
from chaoskit.steps.toxic_marks import question
from chaoskit.steps.toxiproxy_api import PORT

_MS, _US = 1_000_000, 1_000
_UNITS: Mapping[str, Mapping[str, int]] = {
    "latency": {"latency": _MS, "jitter": _MS},
    "bandwidth": {"rate": 1},
    "slow_close": {"delay": _MS},
    "timeout": {"timeout": _MS},
    "reset_peer": {"timeout": _MS},
    "slicer": {"average_size": 1, "size_variation": 1, "delay": _US},
    "limit_data": {"bytes": 1},
}
"""The attributes of each kind of toxic, with the ns of their unit; 1 for what is no time (Toxiproxy 2.12, README)."""
_MAY_BE_LEFT_OUT = ("jitter", "size_variation")
_NOT_NOTHING = ("rate", "average_size")
_LONGEST = 20 * NS
_LEAST_TOXICITY = 0.05


@action(longest="1h")
def toxic(
    plan: Planning,
    hosts: Selector,
    kind: Literal["latency", "bandwidth", "slow_close", "timeout", "reset_peer", "slicer", "limit_data"],
    *,
    proxy: str,
    stream: Literal["downstream", "upstream"] = "downstream",
    toxicity: float = 1.0,
    latency: Duration | None = None,
    jitter: Duration | None = None,
    rate: int | None = None,
    delay: Duration | None = None,
    timeout: Duration | None = None,
    average_size: int | None = None,
    size_variation: int | None = None,
    bytes: int | None = None,  # noqa: A002  Toxiproxy calls it so
    asking: str | None = None,
    port: int = PORT,
) -> Iterable[Step]:
    """Give a proxy of Toxiproxy a toxic; connections that are open have it as well.

        toxic(name("inventory-proxy"), "latency", proxy="inventory", latency="400ms", jitter="50ms")

    `latency` delays data by `latency`, more or less `jitter`. `bandwidth` lets `rate` KB/s pass. `slow_close` delays
    the end of a connection by `delay`. `timeout` lets no data pass, and ends a connection after `timeout` (0: never).
    `reset_peer` resets new connections `timeout` after their first data, and ends open ones. `slicer` cuts data into
    pieces of `average_size` bytes, more or less `size_variation`, with `delay` after each. `limit_data` ends a
    connection after so many `bytes`.

    Confirmed when the server lists it and its effect is measured from inside its host, on connections of our own
    through the proxy: they ask before and meanwhile, and the answer is later, slower, cut off or reset by as much as it
    must be. What was asked for is refused where no answer would show it.

    Args:
        plan: the lab.
        hosts: on which Toxiproxy runs, with its API on the loopback address.
        kind: the type of the toxic.
        proxy: the proxy's name, as Toxiproxy's configuration has it.
        stream: data from the server (`downstream`), or to it.
        toxicity: share of the connections that have it, from 0.05 on.
        latency: of `latency`.
        jitter: of `latency`.
        rate: of `bandwidth`, in kilobytes (1,000 bytes) a second.
        delay: of `slow_close` and `slicer`.
        timeout: of `timeout` and `reset_peer`.
        average_size: of `slicer`, bytes.
        size_variation: of `slicer`, bytes.
        bytes: of `limit_data`.
        asking: what to say to the server behind the proxy to see the effect by its answer; by default a request of
            HTTP for `/`, which it answers and ends the connection after, but for `timeout`.
        port: of Toxiproxy's API.

    Raises:
        UsageError: the kind has other attributes, or one that makes no sense.
    """
    given = {
        "latency": latency,
        "jitter": jitter,
        "rate": rate,
        "delay": delay,
        "timeout": timeout,
        "average_size": average_size,
        "size_variation": size_variation,
        "bytes": bytes,
    }
    attributes = _attributes(kind, {name: value for name, value in given.items() if value is not None})
    if stream not in ("downstream", "upstream") or not _LEAST_TOXICITY <= toxicity <= 1:
        raise UsageError(
            f"{kind} cannot be {stream!r} with a toxicity of {toxicity:g}",
            remedy=f"Data flows downstream or upstream; a toxicity from {_LEAST_TOXICITY} to 1 can be seen.",
        )
    says = question(kind, stream) if asking is None else asking
    for host in plan.hosts(hosts):
        seed = f"{host.name} {proxy} {kind} {plan.rng.getrandbits(64)}"
        named = PREFIX + hashlib.blake2s(seed.encode(), digest_size=4).hexdigest()
        yield Toxic(host.name, proxy, named, kind, stream, float(toxicity), attributes, says, port)


def _attributes(kind: str, given: Mapping[str, Duration]) -> dict[str, int]:
    """In Toxiproxy's units, in its order."""
    if kind not in _UNITS:
        raise UsageError(f"Toxiproxy has no toxic {kind!r}", remedy=f"It has: {', '.join(_UNITS)}.")
    units = _UNITS[kind]
    missing = [name for name in units if name not in given and name not in _MAY_BE_LEFT_OUT]
    others = [name for name in given if name not in units]
    if missing or others:
        problem = f"needs {' and '.join(missing)}" if missing else f"has no {' and no '.join(others)}"
        raise UsageError(f"the toxic {kind} {problem}", remedy=f"Its attributes are: {', '.join(units)}.")
    return {name: _in_units(kind, name, given[name], unit) for name, unit in units.items() if name in given}


def _in_units(kind: str, name: str, value: Duration, unit: int) -> int:
    if unit == 1:
        if not isinstance(value, int) or value < (1 if name in _NOT_NOTHING else 0):
            raise UsageError(f"{name}={value!r} of {kind} is no number of {'kilobytes' if name == 'rate' else 'bytes'}")
        return value
    ns = duration(value)
    if ns % unit or ns > _LONGEST:
        word = "ms" if unit == _MS else "µs"
        raise UsageError(
            f"{name}={value!r} of {kind} is no time that Toxiproxy can keep and a run can see",
            remedy=f"Toxiproxy counts whole {word}; a run waits for 20 s at most.",
        )
    return ns // unit
