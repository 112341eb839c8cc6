"""A real etcd of one member or three, on loopback addresses of their own."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from chaoskit.core.step import Json
from chaoskit.loads.gateway import encoded
from tests.support.ports import free_port


@dataclass(frozen=True)
class Cluster:
    """Members by address: 127.0.0.1 and on, all with the same ports."""

    processes: dict[str, subprocess.Popen[bytes]]
    port: int

    @property
    def endpoints(self) -> list[str]:
        """All members, as clients name them."""
        return [f"{address}:{self.port}" for address in self.processes]

    def ask(self, address: str, path: str, body: Json, timeout: float = 5.0) -> tuple[int, dict[str, Json]]:
        """POST to a member's gateway; status and answer."""
        connection = http.client.HTTPConnection(address, self.port, timeout=timeout)
        try:
            connection.request("POST", path, json.dumps(body))
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read())
        finally:
            connection.close()

    def put(self, key: str, value: str) -> None:
        """Write as an operator would."""
        status, said = self.ask(
            next(iter(self.processes)), "/v3/kv/put", {"key": encoded(key), "value": encoded(value)}
        )
        assert status == 200, said

    def leader(self) -> str:
        """The address of the member that leads."""
        for address in self.processes:
            _, said = self.ask(address, "/v3/maintenance/status", {})
            header = said["header"]
            assert isinstance(header, dict)
            if said.get("leader") == header["member_id"]:
                return address
        raise AssertionError("nobody leads")

    @contextmanager
    def stopped(self, *addresses: str) -> Iterator[None]:
        """Members that are there and say nothing, until they are woken and all agree again."""
        for address in addresses:
            os.kill(self.processes[address].pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for address in addresses:
                os.kill(self.processes[address].pid, signal.SIGCONT)
            _await(self)


@contextmanager
def etcd(folder: Path, members: int = 1) -> Iterator[Cluster]:
    """A cluster that answers; elections after half a second, so that tests do not wait."""
    client, peer = free_port(), free_port()
    addresses = [f"127.0.0.{n}" for n in range(1, members + 1)]
    everybody = ",".join(f"m{a}=http://{a}:{peer}" for a in addresses)
    cluster = Cluster({}, client)
    try:
        for address in addresses:
            own = {"peer": f"http://{address}:{peer}", "client": f"http://{address}:{client}"}
            words = [f"--name=m{address}", f"--data-dir={folder}/{address}", f"--initial-cluster={everybody}"]
            words += [f"--listen-peer-urls={own['peer']}", f"--initial-advertise-peer-urls={own['peer']}"]
            words += [f"--listen-client-urls={own['client']}", f"--advertise-client-urls={own['client']}"]
            words += ["--heartbeat-interval=50", "--election-timeout=500", "--unsafe-no-fsync", "--logger=zap"]
            log = (folder / f"{address}.log").open("wb")
            cluster.processes[address] = subprocess.Popen(["etcd", *words], stdout=log, stderr=log)
            log.close()
        _await(cluster)
        yield cluster
    finally:
        for process in cluster.processes.values():
            process.kill()
            process.wait(5)


def _await(cluster: Cluster) -> None:
    """Until every member can be asked for a linearizable read, which takes a leader."""
    deadline = time.monotonic() + 20
    for address in cluster.processes:
        while True:
            try:
                if cluster.ask(address, "/v3/kv/range", {"key": encoded("x")})[0] == 200:
                    break
            except OSError:
                pass
            assert time.monotonic() < deadline, f"{address} did not come up"
            time.sleep(0.02)
