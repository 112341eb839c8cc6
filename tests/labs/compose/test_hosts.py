"""One host from the keys of its service."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from chaoskit.core.units import NS
from chaoskit.labs.spec import Healthcheck, HostSpec, LabSpec, RestartPolicy, Ulimit

Service = Callable[..., HostSpec]


@pytest.mark.parametrize(
    ("body", "read", "expected"),
    [
        ("command: echo 'a b' c", "command", ("echo", "a b", "c")),
        ("command: ['echo', 'a b']", "command", ("echo", "a b")),
        ("command: [echo, 1, true]", "command", ("echo", "1", "true")),
        ("command: []", "command", ()),
        ("{}", "command", None),
        ("entrypoint: /bin/sh -c", "entrypoint", ("/bin/sh", "-c")),
        ("environment: [A=b=c, B=]", "environment", {"A": "b=c", "B": ""}),
        ("environment: {A: true, B: 1.0, C: 080, D: ''}", "environment", {"A": "true", "B": "1", "C": "80", "D": ""}),
        ("{}", "hostname", "web"),
        ("hostname: h\ndomainname: d.test", "domainname", "d.test"),
        ("dns: 192.0.2.1", "dns", ("192.0.2.1",)),
        ("dns_search: [a, b]\ndns_opt: [ndots:2]", "dns_search", ("a", "b")),
        ("dns_opt: [ndots:2]", "dns_opt", ("ndots:2",)),
        ("extra_hosts: ['a:192.0.2.1', 'b=192.0.2.2']", "extra_hosts", {"a": "192.0.2.1", "b": "192.0.2.2"}),
        ("extra_hosts: {a: 192.0.2.1, b: [192.0.2.2, 192.0.2.3]}", "extra_hosts", {"a": "192.0.2.1", "b": "192.0.2.2"}),
        ("extra_hosts: ['a:2001:db8::1', 'b:[2001:db8::2]']", "extra_hosts", {"a": "2001:db8::1", "b": "2001:db8::2"}),
        ("cap_add: [NET_ADMIN, CAP_SYS_TIME, net_raw]", "cap_add", ("NET_ADMIN", "SYS_TIME", "NET_RAW")),
        ("cap_drop: [ALL]", "cap_drop", ("ALL",)),
        ("sysctls: [net.ipv4.ip_forward=1]", "sysctls", {"net.ipv4.ip_forward": "1"}),
        ("sysctls: {net.core.somaxconn: 8}", "sysctls", {"net.core.somaxconn": "8"}),
        (
            "ulimits: {nofile: 10, core: {soft: 1, hard: -1}}",
            "ulimits",
            {"nofile": Ulimit(10, 10), "core": Ulimit(1, -1)},
        ),
        ("init: true", "init", True),
        ("init: 'false'", "init", False),
        ("read_only: yes", "read_only", True),
        ("user: 1000", "user", "1000"),
        ("working_dir: /x", "working_dir", "/x"),
        ("{}", "stop_signal", "SIGTERM"),
        ("stop_signal: quit", "stop_signal", "SIGQUIT"),
        ("stop_signal: 10", "stop_signal", "SIGUSR1"),
        ("stop_signal: SIGRTMIN+3", "stop_signal", "SIGRTMIN+3"),
        ("{}", "stop_grace", 10 * NS),
        ("stop_grace_period: 1m30s", "stop_grace", 90 * NS),
        ("stop_grace_period: 0s", "stop_grace", 0),
        ("restart: always", "restart", RestartPolicy("always")),
        ("restart: 'no'", "restart", RestartPolicy("no")),
        ("restart: no", "restart", RestartPolicy("no")),
        ("restart: on-failure:3", "restart", RestartPolicy("on-failure", 3)),
        ("restart: always\ndeploy: {restart_policy: {condition: none}}", "restart", RestartPolicy("no")),
        ("deploy: {restart_policy: {max_attempts: 2}}", "restart", RestartPolicy("always", 2)),
        ("cpus: '1.5'", "cpus", 1.5),
        ("cpus: 1\ndeploy: {resources: {limits: {cpus: '0.25'}}}", "cpus", 0.25),
        ("cpu_quota: 50000", "cpus", 0.5),
        ("cpu_quota: 50000\ncpu_period: 25000", "cpus", 2.0),
        ("cpus: 0", "cpus", None),
        ("mem_limit: 64m", "memory", 2**26),
        ("mem_limit: 1.5GiB", "memory", 3 * 2**29),
        ("mem_limit: 1048576", "memory", 2**20),
        ("mem_limit: -1", "memory", None),
        ("mem_limit: 1g\ndeploy: {resources: {limits: {memory: 50M}}}", "memory", 50 * 2**20),
    ],
)
def test_a_key_of_a_service(service: Service, body: str, read: str, expected: object) -> None:
    """Every spelling of a key gives the one value a driver uses."""
    assert getattr(service("" if body == "{}" else body), read) == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("test: curl x | grep y", Healthcheck(("/bin/sh", "-c", "curl x | grep y"))),
        ("test: [CMD-SHELL, exit 0]", Healthcheck(("/bin/sh", "-c", "exit 0"))),
        ("test: [CMD, a, b c]", Healthcheck(("a", "b c"))),
        ("test: [NONE]", None),
        ("{test: a, disable: true}", None),
        ("interval: 5s", None),
        (
            "{test: [CMD, a], interval: 500ms, timeout: 1.5s, retries: 0, start_period: 1m, start_interval: 2s}",
            Healthcheck(("a",), NS // 2, 3 * NS // 2, 3, 60 * NS, 2 * NS),
        ),
    ],
)
def test_a_healthcheck(service: Service, body: str, expected: Healthcheck | None) -> None:
    """All forms of a test, Docker's defaults, and both ways to have none."""
    text = body if body.startswith("{") else f"{{{body}}}"
    assert service(f"healthcheck: {text}").healthcheck == expected


def test_env_files_come_before_environment(service: Service) -> None:
    """Later files win over earlier ones, `environment` over both; one that is not required may be missing."""
    body = """
    env_file: [a.env, {path: b.env}, {path: none.env, required: false}, {path: raw.env, format: raw}]
    environment: {B: own}
    """
    files = {"a.env": "A=1\nB=1\nC=1\n", "b.env": "C=2\nD=${A}\n", "raw.env": "E='$A'\n"}
    expected = {"A": "1", "B": "own", "C": "2", "D": "1", "E": "'$A'"}
    assert service(body, files=files).environment == expected


def test_a_link_alias_is_known_to_its_service_alone(load: Callable[..., LabSpec]) -> None:
    """`links: [db:database]` gives the linking host a name for the other's address."""
    spec = load("services: {web: {image: n, links: ['db:database']}, db: {image: p}, x: {image: n}}")
    [address] = spec.topology.by_name["db"].addresses
    assert [host.extra_hosts for host in spec.hosts] == [{"database": address}, {}, {}]


def test_a_built_service_has_the_name_compose_gives_it(load: Callable[..., LabSpec]) -> None:
    """Without `image`, the image is PROJECT-SERVICE."""
    assert load("services: {web: {build: .}}").hosts[0].image == "shop-web"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("restart: sometimes", "service web: restart: 'sometimes' is no policy"),
        ("restart: always:3", "'always:3' is no policy"),
        ("stop_signal: SIGNOPE", "stop_signal: there is no signal 'SIGNOPE'"),
        ("stop_grace_period: soon", "stop_grace_period: 'soon' is no duration"),
        ("healthcheck: {test: [curl, x]}", "healthcheck.test: it starts with 'curl'"),
        ("healthcheck: {test: [CMD]}", "CMD is followed by no command"),
        ("healthcheck: {test: a, interval: 5 apples}", "healthcheck.interval: '5apples' is no duration"),
        ("mem_limit: much", "mem_limit: 'much' is no size"),
        ("cpus: two", "cpus: 'two' is no number"),
        ("init: maybe", "init: it is true or false, not 'maybe'"),
        ("ulimits: {nofile: {soft: 9, hard: 1}}", "ulimits.nofile.soft: the soft limit 9 is above"),
        ("ports: ['a:80']", "ports: 'a:80' is no port"),
        ("command: it's", "command: the command cannot be split"),
        ("extra_hosts: [alone]", "extra_hosts: 'alone' is no host"),
        ("env_file: none.env", "env_file.0.path: there is no file"),
        ("deploy: {restart_policy: {condition: maybe}}", "deploy.restart_policy.condition: 'maybe' is no condition"),
    ],
)
def test_a_value_that_cannot_be_read(error: Callable[..., str], body: str, words: str) -> None:
    """A bad value is an error with file, line, service and key."""
    message = error(f"services:\n  web:\n    image: n\n    {body}\n")
    assert words in message
    assert "compose.yaml:4: service web: " in message
