"""Files that include others, and where paths and variables of each come from."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from chaoskit.labs.spec import LabSpec

Load = Callable[..., LabSpec]

QUEUE = """
services:
  queue:
    image: rabbit:${VERSION:-none}
    volumes: ["./conf:/etc/rabbit"]
    networks: [mq]
networks: {mq: {ipam: {config: [{subnet: 198.18.240.0/24}]}}}
"""


def test_an_included_project_keeps_its_folder_and_variables(load: Load) -> None:
    """Paths and `.env` of an included file are those of its own folder; its networks come along."""
    text = "include: [queue/compose.yaml]\nservices: {web: {image: n, depends_on: [queue], networks: [mq]}}"
    spec = load(text, files={"queue/compose.yaml": QUEUE, "queue/.env": "VERSION=3\n", ".env": "OTHER=1\n"})
    queue = spec.hosts[1]
    assert queue.image == "rabbit:3"
    assert queue.mounts[0].source == str(spec.files[0].parent / "queue" / "conf")
    assert spec.topology.network("mq").subnet == "198.18.240.0/24"


def test_variables_of_the_including_project_win(load: Load) -> None:
    """A variable that the outer `.env` sets is not changed by the included one."""
    text = "include: [queue/compose.yaml]\nservices: {web: {image: n}}"
    files = {"queue/compose.yaml": QUEUE, "queue/.env": "VERSION=3\n", ".env": "VERSION=4\n"}
    assert load(text, files=files).hosts[1].image == "rabbit:4"


def test_the_long_form_names_folder_variables_and_overlays(load: Load) -> None:
    """`path` may list files that merge; `project_directory` and `env_file` replace the defaults."""
    text = """
    include:
      - path: [queue/compose.yaml, queue/over.yaml]
        project_directory: elsewhere
        env_file: vars.env
    services: {web: {image: n}}
    """
    files = {
        "queue/compose.yaml": QUEUE,
        "queue/over.yaml": "services: {queue: {command: [run]}}",
        "vars.env": "VERSION=5\n",
    }
    spec = load(text, files=files)
    queue = spec.hosts[1]
    assert (queue.image, queue.command) == ("rabbit:5", ("run",))
    assert queue.mounts[0].source == str(spec.files[0].parent / "elsewhere" / "conf")


def test_an_overlay_may_change_what_was_included(load: Load) -> None:
    """Files given after the including one merge over everything it brought."""
    spec = load("include: [q.yaml]", "services: {queue: {image: other}}", files={"q.yaml": QUEUE})
    assert spec.hosts[0].image == "other"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("include: [q.yaml]\nservices: {queue: {image: mine}}", "services.queue is defined here"),
        ("include:\n  - no.yaml\n", "compose.yaml:2: include: there is no file"),
        ("include: [compose.yaml]", "includes itself"),
        ("include: [{project_directory: x}]", "it names no path"),
        ("include: [loop.yaml]", "compose.yaml includes itself"),
    ],
)
def test_what_cannot_be_included_is_named(error: Callable[..., str], text: str, words: str) -> None:
    """Two definitions of one service, missing files and cycles are errors."""
    assert words in error(text, files={"q.yaml": QUEUE, "loop.yaml": "include: [compose.yaml]"})


def test_variables_come_from_the_lab_then_the_caller_then_dotenv(load: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the experiment sets wins over the shell, which wins over `.env` beside the file."""
    text = "services: {web: {image: 'n:${NAME}-${TAG}-${EMPTY}', environment: [NAME, UNSET]}}"
    monkeypatch.setenv("NAME", "shell")
    monkeypatch.setenv("TAG", "shell")
    host = load(text, files={".env": "NAME=file\nTAG=file\nEMPTY=file\n"}, environment={"NAME": "lab"}).hosts[0]
    assert host.image == "n:lab-shell-file"
    assert host.environment == {"NAME": "lab"}


@pytest.mark.parametrize(
    ("head", "files", "name"),
    [
        ("", {}, "shop"),
        ("name: other", {}, "other"),
        ("name: ${TAG:-x}-y", {}, "x-y"),
        ("name: other", {".env": "COMPOSE_PROJECT_NAME=dot\n"}, "dot"),
    ],
)
def test_the_labs_name(load: Load, head: str, files: dict[str, str], name: str) -> None:
    """`COMPOSE_PROJECT_NAME`, else `name:`, else the folder; files may use it as a variable."""
    spec = load(f"{head}\nservices: {{web: {{image: 'n:$COMPOSE_PROJECT_NAME'}}}}", files=files)
    assert (spec.name, spec.hosts[0].image) == (name, f"n:{name}")


def test_profiles_choose_services(load: Load) -> None:
    """Without profiles only plain services run; the lab and COMPOSE_PROFILES add theirs."""
    text = "services: {web: {image: n}, a: {image: n, profiles: [p]}, b: {image: n, profiles: [q, r]}}"

    def names(**options: object) -> list[str]:
        return [host.name for host in load(text, **options).hosts]

    assert names() == ["web"]
    assert names(profiles=["p"]) == ["web", "a"]
    assert names(files={".env": "COMPOSE_PROFILES=r\n"}) == ["web", "b"]
    assert names(profiles=["*"], files={".env": ""}) == ["web", "a", "b"]
