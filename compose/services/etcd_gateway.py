"""A client of etcd by the JSON gateway of its v3 API: the calls the lab's own services need, and no more.

Every call asks for a leader (metadata `hasleader`), so that a member which a partition has cut off says so at once
where it would else keep its callers waiting. Calls are tried at each member in turn, beginning with the one that
answered last. Standard library only. etcd's documentation: "API guarantees" and "gRPC-gateway" of version 3.4.
"""

import base64
import http.client
import json
from collections.abc import Iterator
from contextlib import closing
from typing import Any
from urllib.parse import urlsplit

REQUIRE_LEADER = {"Grpc-Metadata-hasleader": "true", "Content-Type": "application/json"}


class Unavailable(Exception):
    """No member of the registry gave an answer."""


class Etcd:
    """The members of one registry.

    Args:
        endpoints: their client URLs, the nearest first: `http://etcd-a:2379`.
        timeout: seconds a member may take to answer.
    """

    def __init__(self, endpoints: list[str], timeout: float = 1.0) -> None:
        self.endpoints = endpoints
        self.timeout = timeout

    def grant(self, ttl: int) -> str:
        """A new lease of `ttl` seconds; its id."""
        return str(self._call("/v3/lease/grant", {"TTL": ttl})["ID"])

    def keep_alive(self, lease: str) -> bool:
        """Start the lease's time anew; false when it has run out."""
        answer = self._call("/v3/lease/keepalive", {"ID": lease})
        return int(answer["result"].get("TTL", 0)) > 0

    def revoke(self, lease: str) -> None:
        """End the lease, and with it what was put under it."""
        self._call("/v3/lease/revoke", {"ID": lease})

    def put(self, key: str, value: str, lease: str) -> None:
        """Write a key that lives as long as the lease."""
        self._call("/v3/kv/put", {"key": _coded(key), "value": _coded(value), "lease": lease})

    def range(self, prefix: str) -> tuple[int, dict[str, str]]:
        """The revision, and all keys below a prefix with their values: a linearizable read."""
        answer = self._call("/v3/kv/range", _below(prefix))
        found = {_plain(pair["key"]): _plain(pair["value"]) for pair in answer.get("kvs", ())}
        return int(answer["header"]["revision"]), found

    def changed(self, prefix: str, revision: int, within: float) -> bool:
        """Wait until something below a prefix has changed after a revision; false when nothing did.

        Args:
            prefix: of the keys.
            revision: as `range` gave it.
            within: seconds; a member that falls silent is not believed any longer than this.
        """
        request = {"create_request": {**_below(prefix), "start_revision": str(revision + 1)}}
        with closing(_connected(self.endpoints[0], within)) as connection:
            try:
                lines = _answers(connection, "/v3/watch", request)
                return any("events" in line["result"] or line["result"].get("canceled") for line in lines)
            except TimeoutError:
                return False
            except (OSError, http.client.HTTPException, KeyError) as error:
                self._next()
                raise Unavailable(f"watch: {error}") from error

    def _call(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """The first answer that any member gives."""
        problems = []
        for _ in range(len(self.endpoints)):
            endpoint = self.endpoints[0]
            with closing(_connected(endpoint, self.timeout)) as connection:
                try:
                    return next(_answers(connection, path, body))
                except (OSError, http.client.HTTPException, StopIteration) as error:
                    problems.append(f"{endpoint}: {error or type(error).__name__}")
                    self._next()
        raise Unavailable("; ".join(problems))

    def _next(self) -> None:
        self.endpoints = [*self.endpoints[1:], self.endpoints[0]]


def _connected(endpoint: str, timeout: float) -> http.client.HTTPConnection:
    return http.client.HTTPConnection(urlsplit(endpoint).netloc, timeout=timeout)


def _answers(connection: http.client.HTTPConnection, path: str, body: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The lines of an answer, as they come: streams have many, other calls one.

    Raises:
        OSError: the member refuses, or does not answer in time.
    """
    connection.request("POST", path, json.dumps(body), REQUIRE_LEADER)
    response = connection.getresponse()
    while line := response.readline():
        answer = json.loads(line)
        if "error" in answer or response.status != http.client.OK:  # not every version says `error`
            raise OSError(f"{response.status} {answer.get('error') or answer.get('message')}")
        yield answer


def _below(prefix: str) -> dict[str, str]:
    """The range of all keys that begin with a prefix: up to the prefix with its last byte raised by one."""
    end = prefix[:-1] + chr(ord(prefix[-1]) + 1)
    return {"key": _coded(prefix), "range_end": _coded(end)}


def _coded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _plain(coded: str) -> str:
    return base64.b64decode(coded).decode()
