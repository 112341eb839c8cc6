"""Starting a Docker engine where none runs, as `chaoskit doctor` does it, and stopping it.

The machine without an engine is a set of namespaces: mounts of its own over /run and the engine's folders, a network
and process ids. The machine's own engine and its rules are out of reach.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys

import pytest

pytestmark = [pytest.mark.lab, pytest.mark.docker]

_BARE = """\
set -e
for folder in /run /var/lib/docker /var/log; do mount -t tmpfs none $folder; done
ip link set lo up
chaoskit() { "$PYTHON" -m chaoskit "$@"; }
"""


def bare(script: str) -> list[str]:
    """What a script says on a machine that has Docker's programs and no engine; it must succeed."""
    for program in ("dockerd", "docker", "unshare"):
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not installed: chaoskit doctor --fix --driver docker")
    argv = ["unshare", "--mount", "--net", "--pid", "--fork", "--kill-child", "--mount-proc", "bash", "-c"]
    environment = {**os.environ, "PYTHON": sys.executable, "HOME": "/run"}
    environment.pop("DOCKER_HOST", None)
    done = subprocess.run([*argv, _BARE + script], capture_output=True, text=True, timeout=100, env=environment,
                          check=False)  # fmt: skip
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return done.stdout.splitlines()


@pytest.mark.usefixtures("docker_engine")
def test_an_engine_is_started_once_and_stopped_by_whoever_started_it() -> None:
    """Started, left alone the second time, stopped; its networks lie in 198.18.0.0/15."""
    said = bare("""
chaoskit doctor --fix --yes --driver docker 2> /dev/null | grep -o "^docker engine *[a-z]*"
cat /run/docker.pid; echo
chaoskit doctor --fix --yes --driver docker 2>&1 > /dev/null | grep "Nothing to install"
cat /run/docker.pid; echo
docker network create one > /dev/null
docker network inspect bridge one --format '{{(index .IPAM.Config 0).Subnet}}'
chaoskit doctor --stop-engine 2> /dev/null
test ! -e /run/docker.pid
chaoskit doctor --stop-engine 2>&1 | grep "no Docker engine runs that chaoskit started"
""")
    assert said[0].split() == ["docker", "engine", "ok"]
    assert said[1] == said[3]
    assert said[2] == "Nothing to install."
    assert said[4:6] == ["198.19.255.0/24", "198.19.128.0/24"]
    assert said[6].startswith("error: ")
    assert len(said) == 7


@pytest.mark.usefixtures("docker_engine")
def test_an_engine_of_somebody_elses_is_used_as_it_is() -> None:
    """Nothing is started beside it, and it is not ours to stop."""
    said = bare("""
setsid dockerd > /run/log 2>&1 &
for try in $(seq 200); do docker version > /dev/null 2>&1 && break; sleep 0.05; done
chaoskit doctor --fix --yes --driver docker 2>&1 > /dev/null | grep "Nothing to install"
chaoskit doctor --stop-engine 2> /dev/null || echo "status $?"
docker version --format '{{json .Server.Version}}'
""")
    assert said[:2] == ["Nothing to install.", "status 3"]
    assert json.loads(said[2])


@pytest.mark.usefixtures("docker_engine")
def test_an_engine_that_does_not_start_says_why() -> None:
    """The end of its log is in the message."""
    said = bare("""
mkdir -p /run/bin
printf '#!/bin/sh\\necho failed to start: no such storage >&2; exit 1\\n' > /run/bin/dockerd
chmod +x /run/bin/dockerd
PATH=/run/bin:$PATH chaoskit doctor --fix --yes --driver docker 2>&1 > /dev/null || echo "status $?"
""")
    assert said[0] == "error: the Docker engine does not start:"
    assert "failed to start: no such storage" in said
    assert said[-1] == "status 3"


@pytest.mark.usefixtures("docker_engine")
def test_two_at_once_start_one_engine_and_it_can_be_stopped() -> None:
    """The record is of the engine that runs, not of the one that came too late; a hung engine is not stopped."""
    said = bare("""
chaoskit doctor --fix --yes --driver docker > /dev/null 2> /run/first & one=$!
chaoskit doctor --fix --yes --driver docker > /dev/null 2> /run/second || true
wait $one || true
cat /run/first /run/second | grep -c "The Docker engine runs (pid"
cat /run/docker.pid; echo
grep -o '"pid": [0-9]*' /run/chaoskit-dockerd.json
kill -STOP $(cat /run/docker.pid)
mkdir -p /run/bin
printf '#!/bin/sh\\necho the engine does not answer >&2; exit 1\\n' > /run/bin/docker
chmod +x /run/bin/docker
PATH=/run/bin:$PATH chaoskit doctor --stop-engine 2>&1 || true
kill -CONT $(cat /run/docker.pid)
chaoskit doctor --stop-engine 2> /dev/null
test ! -e /run/docker.pid
""")
    assert said[0] == "1"
    assert said[2] == f'"pid": {said[1]}'
    assert said[3] == "error: the Docker engine does not say what runs on it: the engine does not answer"
