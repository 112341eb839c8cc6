"""A Toxiproxy server's HTTP API, as toxiproxy-python speaks it, with what that library leaves open.

toxiproxy-python 0.1.1 asks one server a process (its address is a class attribute), waits for an answer for ever,
sends what it asks through whatever HTTP proxy the environment names, takes every status but 400, 404 and 409 for
success, and its `Proxy.add_toxic` throws the server's answer away. So its `APIConsumer` alone asks, as a class for
each server, with a time limit and past any HTTP proxy; its `Toxic` and `Proxy` are what is read. It leaves no socket
open: each request is a session of its own. Importing it takes a tenth of a second, so it is imported where it is used.

All of it is to be called by a thread that is in the server's network: the API is asked on the loopback address.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Mapping
from typing import Any, cast

from chaoskit.core.errors import StepError

PORT = 8474
"""Where the API listens by default (toxiproxy-server -port)."""

_HERE = "127.0.0.1"
_LIMITS = (2.0, 10.0)
"""Seconds to connect, and for an answer. A removal waits for each connection, up to five seconds (link.go)."""
_STARTS_WITHIN = 1.0
"""Seconds that a server which has just been started may take until it listens."""
_LOOK_EVERY = 0.02


class Gone(Exception):
    """There is no such proxy, or no such toxic."""


class There(Exception):
    """There is a toxic of that name already."""


class Api:
    """The API of the Toxiproxy server that listens on a port of the loopback address."""

    def __init__(self, port: int = PORT) -> None:
        from toxiproxy.api import APIConsumer  # noqa: PLC0415  see above

        self.port = port
        self._consumer: Any = type("Consumer", (APIConsumer,), {"host": _HERE, "port": port})

    def proxy(self, name: str) -> Any:
        """A proxy, as toxiproxy-python's `Proxy`: its `listen`, `upstream` and `enabled`.

        Raises:
            StepError: the server has none of that name.
            OSError: it does not answer.
        """
        from toxiproxy.proxy import Proxy  # noqa: PLC0415

        proxies = cast(Mapping[str, Mapping[str, Any]], self._ask("get", "/proxies").json())
        if name not in proxies:
            raise StepError(
                f"Toxiproxy has no proxy {name!r}", remedy=f"Its proxies are: {', '.join(sorted(proxies)) or 'none'}."
            )
        return Proxy(**proxies[name])

    def toxics(self, proxy: str) -> dict[str, Any]:
        """The toxics of a proxy by name, each as toxiproxy-python's `Toxic`.

        Raises:
            Gone: there is no such proxy.
            OSError: the server does not answer.
        """
        from toxiproxy.toxic import Toxic  # noqa: PLC0415

        listed = cast(list[Mapping[str, Any]], self._ask("get", f"/proxies/{proxy}/toxics").json())
        return {str(each["name"]): Toxic(**each) for each in listed}

    def add(
        self, proxy: str, *, name: str, toxic: str, stream: str, toxicity: float, attributes: Mapping[str, int]
    ) -> None:
        """Add a toxic; a server that has just been started is given a moment to listen.

        Raises:
            There: the proxy has one of that name.
            Gone: there is no such proxy.
            StepError: the server does not take it.
            OSError: it does not answer.
        """
        self._await()
        given = {"name": name, "type": toxic, "stream": stream, "toxicity": toxicity, "attributes": dict(attributes)}
        self._ask("post", f"/proxies/{proxy}/toxics", json=given)

    def remove(self, proxy: str, name: str) -> None:
        """Remove a toxic.

        Raises:
            Gone: there is no such toxic, or proxy.
            OSError: the server does not answer.
        """
        self._ask("delete", f"/proxies/{proxy}/toxics/{name}")

    @property
    def listens(self) -> bool:
        """Whether there is a server."""
        try:
            socket.create_connection((_HERE, self.port), _LIMITS[0]).close()
        except ConnectionRefusedError:
            return False
        return True

    def _await(self) -> None:
        until = time.monotonic() + _STARTS_WITHIN
        while not self.listens and time.monotonic() < until:
            time.sleep(_LOOK_EVERY)

    def _ask(self, method: str, path: str, **arguments: Any) -> Any:
        from toxiproxy.exceptions import InvalidToxic, NotFound, ProxyExists  # noqa: PLC0415

        ask: Callable[..., Any] = getattr(self._consumer, method)
        try:
            answer = ask(path, timeout=_LIMITS, proxies={"no_proxy": _HERE}, **arguments)
        except NotFound as error:
            raise Gone(_text(error)) from None
        except ProxyExists as error:  # what the library calls every 409
            raise There(_text(error)) from None
        except InvalidToxic as error:
            raise StepError(f"Toxiproxy does not take it: {_text(error)}") from None
        if not answer.ok:
            raise StepError(f"Toxiproxy answers {answer.status_code} to {method.upper()} {path}: {answer.text[:200]}")
        return answer


def _text(error: Exception) -> str:
    """What the server said, which the library hands on as bytes."""
    said = error.args[0] if error.args else b""
    return said.decode(errors="replace").strip() if isinstance(said, bytes) else str(said)
