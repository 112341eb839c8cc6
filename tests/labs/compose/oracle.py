"""`docker compose config`, the oracle: what Compose itself makes of files, in the terms of a `HostSpec`.

Each rule of normalisation has its reason beside it; a key that is neither compared nor spoken for by a rule
has to be named by us, as refused or as changing nothing.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from chaoskit.labs.compose.fields import parse_size
from chaoskit.labs.spec import Healthcheck, Mount, MountKind

Service = Mapping[str, Any]

COMPARED = (
    *("image", "command", "entrypoint", "environment", "labels", "healthcheck", "depends_on", "links", "profiles"),
    *("networks", "network_mode", "mac_address", "ports", "expose", "dns", "dns_search", "dns_opt", "extra_hosts"),
    *("volumes", "tmpfs", "shm_size", "secrets", "configs", "read_only", "working_dir", "user", "init"),
    *("hostname", "domainname", "container_name", "cap_add", "cap_drop", "sysctls", "ulimits", "scale", "restart"),
    *("stop_signal", "stop_grace_period", "cpus", "cpu_quota", "cpu_period", "mem_limit"),
)
"""Keys of a service whose values the comparison takes in."""


@cache
def plugin() -> tuple[str, ...] | None:
    """The command that runs Compose version 2, if this machine has one; no engine is needed."""
    for command in (("docker", "compose"), ("docker-compose",)):
        if shutil.which(command[0]) is None:
            continue
        found = subprocess.run([*command, "version", "--short"], capture_output=True, text=True, check=False)
        if found.returncode == 0 and found.stdout.lstrip("v").startswith(("2.", "3.", "4.", "5.")):
            return command
    return None


def config(files: Sequence[Path], profiles: Sequence[str], variables: Mapping[str, str]) -> Any:
    """What Compose makes of files, from an environment that holds nothing but these variables.

    Raises:
        ValueError: Compose refuses them.
    """
    chosen = [word for profile in profiles for word in ("--profile", profile)]
    named = [word for file in files for word in ("-f", str(file))]
    argv = [*(plugin() or ()), *named, *chosen, "config", "--format", "json"]
    own = {name: os.environ[name] for name in ("PATH", "HOME", "DOCKER_CONFIG") if name in os.environ}
    done = subprocess.run(argv, capture_output=True, text=True, check=False, env={**own, **variables}, timeout=20)
    if done.returncode:
        raise ValueError(done.stderr)
    # A dollar sign is written twice, so that the output can be read as a Compose file again.
    return json.loads(done.stdout.replace("$$", "$"))


def service(whole: Mapping[str, Any], name: str, variables: Mapping[str, str]) -> dict[str, object]:
    """One service in the terms that `reading.service` uses of ours."""
    said: Service = whole["services"][name]
    deploy = said.get("deploy") or {}
    return {
        # One that is only built has the name that `docker compose build` gives it, which `config` leaves out.
        "image": said.get("image", f"{whole['name']}-{name}"),
        "command": said.get("command"),
        "entrypoint": said.get("entrypoint"),
        # A name without a value is one the caller has no value for: the container does not get it.
        "environment": {key: text for key, text in (said.get("environment") or {}).items() if text is not None},
        "healthcheck": _healthcheck(said.get("healthcheck") or {}),
        "depends_on": {
            # What shares another's namespaces or mounts depends on it: these we refuse, by name.
            # What is optional and in no chosen profile is waited for by nobody.
            key: (each["condition"], each.get("restart", False), each["required"])
            for key, each in said.get("depends_on", {}).items()
            if key not in _implied(said) and (each["required"] or key in whole["services"])
        },
        "labels": said.get("labels") or {},
        "networks": dict(_networks(name, said)),
        "mounts": {mount.target: mount for mount in _mounts(whole, said, variables)},
        **{key: list(said.get(key) or ()) for key in ("dns", "dns_search", "dns_opt")},
        "sysctls": {key: str(value) for key, value in (said.get("sysctls") or {}).items()},
        "ulimits": {key: _limits(value) for key, value in (said.get("ulimits") or {}).items()},
        "user": said.get("user", ""),
        "working_dir": said.get("working_dir", ""),
        "hostname": said.get("hostname"),
        "domainname": said.get("domainname", ""),
        "extra_hosts": _extra_hosts(said.get("extra_hosts") or ()),
        # The engine takes capabilities in any case, with and without the prefix (capabilities(7)).
        **{key: {each.upper().removeprefix("CAP_") for each in said.get(key) or ()} for key in ("cap_add", "cap_drop")},
        "init": said.get("init", False),
        "read_only": said.get("read_only", False),
        # The engine takes signals with and without the prefix.
        "stop_signal": f"SIG{said.get('stop_signal', 'TERM').removeprefix('SIG')}",
        "stop_grace": nanoseconds(said.get("stop_grace_period", "10s")),
        "restart": _restart(said, deploy),
        "cpus": _cpus(said, deploy),
        "memory": int(_limited(deploy).get("memory") or said.get("mem_limit") or 0) or None,
        "replicas": deploy.get("replicas", said.get("scale", 1)),
        "ports": {port for each in said.get("ports") or () for port in _ports(each)},
        "expose": {str(each) for each in said.get("expose") or ()},
        "links": set(said.get("links") or ()),
        "container_name": said.get("container_name", ""),
        "network_mode": said.get("network_mode", ""),
        "profiles": set(said.get("profiles") or ()),
    }


def unspoken(said: Service) -> Iterator[str]:
    """Keys of a service that ask for something and that the comparison leaves out: each has to be named by us."""
    deploy = said.get("deploy") or {}
    resources = deploy.get("resources") or {}
    # Every native host has this device.
    devices = [each for each in said.get("devices") or () if "/dev/net/tun" not in str(each)]
    apart = {
        **{key: value for key, value in said.items() if key not in (*COMPARED, "deploy")},
        "devices": devices,
        # What the build of an image of ours would make is what stands for that image.
        "build": None if str(said.get("image", "")).startswith("chaoskit/") else said.get("build"),
        **{
            f"deploy.{key}": value
            for key, value in deploy.items()
            if key not in ("replicas", "resources", "restart_policy")
        },
        **{f"deploy.resources.limits.{key}": value for key, value in _limited(deploy).items()},
        **{
            f"deploy.resources.reservations.{key}": value
            for key, value in (resources.get("reservations") or {}).items()
        },
    }
    spoken = ("deploy.resources.limits.cpus", "deploy.resources.limits.memory")
    yield from (key for key, value in apart.items() if value not in (None, False, {}, [], "") and key not in spoken)


def networks(whole: Mapping[str, Any]) -> dict[str, tuple[object, object, object]]:
    """Subnets, gateway and labels of each network the services use."""
    pools = {name: (net.get("ipam") or {}).get("config") or [] for name, net in whole.get("networks", {}).items()}
    return {
        name: (
            [pool["subnet"] for pool in pools[name] if "subnet" in pool],
            next((pool["gateway"] for pool in pools[name] if "gateway" in pool), None),
            net.get("labels") or {},
        )
        for name, net in whole.get("networks", {}).items()
    }


def nanoseconds(text: str) -> int:
    """Go's spelling of a duration (time.Duration.String)."""
    units = {"h": 3600 * 10**9, "m": 60 * 10**9, "s": 10**9, "ms": 10**6, "us": 10**3, "µs": 10**3, "ns": 1}
    parts = re.findall(r"(\d+(?:\.\d+)?)(h|ms|m|us|µs|ns|s)", text)
    assert "".join(number + unit for number, unit in parts) == text
    return round(sum(float(number) * units[unit] for number, unit in parts))


def _healthcheck(said: Service) -> Healthcheck | None:
    test = said.get("test")
    # Without a test it is the image's own check at other times: ours is the check of the file alone.
    if said.get("disable") or not test or test[0] == "NONE":
        return None
    argv = ("/bin/sh", "-c", *test[1:]) if test[0] == "CMD-SHELL" else tuple(test[1:])
    times = {
        key: nanoseconds(said[key]) for key in ("interval", "timeout", "start_period", "start_interval") if key in said
    }
    retries = {"retries": said["retries"]} if said.get("retries") else {}
    # Nothing and 0 s both mean the engine's default (docs.docker.com, HEALTHCHECK).
    return Healthcheck(argv, **{key: value for key, value in times.items() if value}, **retries)


def _implied(said: Service) -> set[str]:
    texts = [*(said.get("volumes_from") or ()), *(str(said.get(key, "")) for key in ("network_mode", "ipc", "pid"))]
    return {text.removeprefix("service:").partition(":")[0] for text in texts if text}


def _networks(name: str, said: Service) -> Iterator[tuple[str, dict[str, object]]]:
    names = {said["container_name"]} - {name} if "container_name" in said else set()
    for network, entry in (said.get("networks") or {}).items():
        attached = entry or {}
        mac = attached.get("mac_address") or said.get("mac_address")
        yield (
            network,
            {
                "address": attached.get("ipv4_address"),
                "aliases": {*names, *(attached.get("aliases") or ())},
                "mac": mac.lower() if mac else None,
                "priority": attached.get("priority", 0),
            },
        )


def _mounts(whole: Mapping[str, Any], said: Service, variables: Mapping[str, str]) -> Iterator[Mount]:
    for each in said.get("volumes") or ():
        yield from _volume(whole, each)
    for text in said.get("tmpfs") or ():
        target, _, words = text.partition(":")
        options = dict(word.partition("=")[::2] for word in words.split(",") if word)
        mode = int(options.get("mode", "1777"), 8)
        yield Mount(
            MountKind.TMPFS, target, read_only="ro" in options, size=parse_size(options.get("size", "")), mode=mode
        )
    if "shm_size" in said:
        yield Mount(MountKind.TMPFS, "/dev/shm", size=int(said["shm_size"]), mode=0o1777)
    for section, folder in (("secrets", "/run/secrets/"), ("configs", "/")):
        for grant in said.get(section) or ():
            yield _grant(grant, folder, (whole.get(section) or {})[grant["source"]], variables)


def _volume(whole: Mapping[str, Any], said: Service) -> Iterator[Mount]:
    kind, source, read_only = said["type"], said.get("source", ""), said.get("read_only", False)
    # Docker mounts at the path without a slash behind it.
    target = said["target"].rstrip("/")
    options = ((whole.get("volumes") or {}).get(source) or {}).get("driver_opts") or {}
    if kind == "tmpfs":
        tmpfs = said.get("tmpfs") or {}
        size, mode = int(tmpfs.get("size", 0)) or None, int(tmpfs.get("mode", 0)) or 0o1777
        yield Mount(MountKind.TMPFS, target, read_only=read_only, size=size, mode=mode)
    elif kind == "volume" and options.get("type") == "tmpfs":
        # The local driver's options are those of mount(8): here the volume is a tmpfs.
        size = next((parse_size(word[5:]) for word in options["o"].split(",") if word.startswith("size=")), None)
        yield Mount(MountKind.TMPFS, target, read_only=read_only, size=size, mode=0o1777)
    elif kind == "volume" and options.get("o") == "bind":
        yield Mount(MountKind.BIND, target, options["device"], read_only)
    elif kind in ("bind", "volume"):
        yield Mount(MountKind(kind), target, source, read_only)


def _grant(grant: Service, folder: str, declared: Service, variables: Mapping[str, str]) -> Mount:
    target = grant.get("target") or grant["source"]
    return Mount(
        MountKind.CONTENT,
        target if target.startswith("/") else f"{folder}{target}",
        read_only=True,
        content=_content(declared, variables),
        # Compose 2.26 writes a number, later ones octal digits.
        mode=int(str(grant.get("mode", 0)), 8 if isinstance(grant.get("mode"), str) else 10) or 0o444,
        uid=int(grant.get("uid", 0)),
        gid=int(grant.get("gid", 0)),
    )


def _content(declared: Service, variables: Mapping[str, str]) -> bytes:
    if "file" in declared:
        return Path(declared["file"]).read_bytes()
    name = declared.get("environment", "")
    known = {**os.environ, **variables}
    return str(declared.get("content", known.get(name, ""))).encode()


def _limits(value: Any) -> tuple[int, int]:
    if isinstance(value, Mapping):
        return value.get("soft", 0), value.get("hard", 0)
    return value, value


def _extra_hosts(entries: Sequence[str]) -> dict[str, str]:
    pairs = [(name, address) for name, _, address in (entry.partition("=") for entry in entries)]
    # The file that names are looked up in gives the first address; the machine's own is refused, by name.
    first = dict(reversed(pairs))
    return {name: address for name, address in first.items() if address != "host-gateway"}


def _restart(said: Service, deploy: Mapping[str, Any]) -> tuple[str, int | None]:
    policy = deploy.get("restart_policy")
    if policy:
        name = {"none": "no", "on-failure": "on-failure", "any": "always"}[policy.get("condition", "any")]
        return name, policy.get("max_attempts")
    name, _, most = said.get("restart", "no").partition(":")
    return name, int(most) if most else None


def _limited(deploy: Mapping[str, Any]) -> Mapping[str, Any]:
    return (deploy.get("resources") or {}).get("limits") or {}


def _cpus(said: Service, deploy: Mapping[str, Any]) -> float | None:
    limit = _limited(deploy).get("cpus") or said.get("cpus")
    if limit:
        return float(limit)
    quota = int(said.get("cpu_quota", 0))
    # The kernel's period is 100 ms (sched-bwc).
    return quota / int(said.get("cpu_period") or 100_000) if quota else None


def _ports(said: Service) -> Iterator[tuple[str, str, int, str]]:
    yield said.get("host_ip", ""), said.get("published", ""), said["target"], said.get("protocol", "tcp")
