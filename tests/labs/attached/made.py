"""Containers and networks as `docker inspect` has them, as far as anybody here looks."""

from __future__ import annotations

from typing import Any

from chaoskit.labs.attached.project import Instance


def container(service: str, number: int = 1, **changes: Any) -> dict[str, Any]:
    """A running container of project `shop`, on its default network."""
    endpoint = {
        "NetworkID": "net",
        "IPAddress": f"198.19.0.{number + 1}",
        "IPPrefixLen": 24,
        "MacAddress": "02:00:00:00:00:01",
    }
    made: dict[str, Any] = {
        "Id": f"{service}{number}",
        "Name": f"/shop-{service}-{number}",
        "RestartCount": 0,
        "ExecIDs": None,
        "State": {
            "Status": "running",
            "Running": True,
            "Pid": 100 + number,
            "StartedAt": "t0",
            "Health": {"Status": "healthy", "Log": []},
        },
        "HostConfig": {"NetworkMode": "shop_default", "RestartPolicy": {"Name": "always", "MaximumRetryCount": 0}},
        "Config": {
            "Image": "web:1",
            "Env": ["PASSWORD=secret"],
            "Cmd": ["serve", "--key", "secret"],
            "Labels": {
                "com.docker.compose.project": "shop",
                "com.docker.compose.service": service,
                "com.docker.compose.container-number": str(number),
            },
        },
        "NetworkSettings": {"SandboxKey": "/run/netns/a", "Ports": {}, "Networks": {"shop_default": endpoint}},
    }
    return {**made, **changes}


def instance(service: str, number: int = 1, **changes: Any) -> Instance:
    """The same as what a project holds."""
    return Instance(container(service, number, **changes))


def network(
    name: str, subnet: str = "198.19.0.0/24", *, short: str = "", used: tuple[str, ...] = (), **pool: Any
) -> dict[str, Any]:
    """A network with containers at these addresses."""
    gateway = subnet.rsplit(".", 1)[0] + ".1"
    return {
        "Id": f"id of {name}",
        "Name": name,
        "Labels": {"com.docker.compose.network": short} if short else None,
        "IPAM": {"Config": [{"Subnet": subnet, "Gateway": gateway, **pool}]},
        "Containers": {address: {"Name": address, "IPv4Address": f"{address}/24"} for address in used},
    }
