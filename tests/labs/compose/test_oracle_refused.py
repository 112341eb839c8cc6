"""What `docker compose config` refuses, refused here too."""

from __future__ import annotations

from pathlib import Path

import pytest

from chaoskit.core.errors import ChaoskitError
from chaoskit.core.lab import Lab
from chaoskit.labs.load import load_lab
from tests.labs.compose import oracle

VARIABLES = {"TAG": "t1", "EMPTY": ""}

pytestmark = pytest.mark.skipif(oracle.plugin() is None, reason="the plugin `docker compose` is not installed")


REFUSED = {
    "an unknown key": "services: {web: {image: n, commnad: x}}",
    "a key twice": "services:\n  web:\n    image: n\n    image: m\n",
    "no YAML": "services: {web: {image: n}",
    "a list for a mapping": "services: [web]",
    "a mapping for a text": "services: {web: {image: {a: b}}}",
    "an unknown dependency": "services: {web: {image: n, depends_on: [db]}}",
    "dependencies in a circle": "services: {a: {image: n, depends_on: [b]}, b: {image: n, depends_on: [a]}}",
    "an unknown condition": "services: {a: {image: n, depends_on: {b: {condition: up}}}, b: {image: n}}",
    "an unknown network": "services: {web: {image: n, networks: [far]}}",
    "an unknown volume": "services: {web: {image: n, volumes: ['data:/data']}}",
    "an unknown secret": "services: {web: {image: n, secrets: [key]}}",
    "an unknown config": "services: {web: {image: n, configs: [key]}}",
    "extends nothing there is": "services: {web: {extends: base}}",
    "extends itself": "services: {a: {image: n, extends: b}, b: {image: n, extends: a}}",
    "extends a file that is none": "services: {web: {extends: {file: none.yaml, service: a}}}",
    "includes a file that is none": "include: [none.yaml]\nservices: {web: {image: n}}",
    "a variable that must be set": "services: {web: {image: 'n:${NONE?say which}'}}",
    "a variable that must not be empty": "services: {web: {image: 'n:${EMPTY:?say which}'}}",
    "a brace left open": "services: {web: {image: 'n:${TAG'}}",
    "braces around nothing": "services: {web: {image: 'n:${}'}}",
    "an env_file that is none": "services: {web: {image: n, env_file: none.env}}",
    "no image": "services: {web: {command: x}}",
    "a duration that is none": "services: {web: {image: n, stop_grace_period: soon}}",
    "a size that is none": "services: {web: {image: n, mem_limit: much}}",
    "a port that is none": "services: {web: {image: n, ports: ['http']}}",
    "a quote left open": "services: {web: {image: n, command: 'sh -c \"one'}}",
    "networks beside a mode": "services: {web: {image: n, network_mode: none, networks: [a]}}\nnetworks: {a: }",
    "a service's name with a space": "services: {'my web': {image: n}}",
    "replicas below nothing": "services: {web: {image: n, scale: x}}",
    "a mount without a target": "services: {web: {image: n, volumes: [{type: bind, source: ./a}]}}",
}


@pytest.mark.parametrize("text", REFUSED.values(), ids=REFUSED)
def test_what_compose_refuses_is_refused(text: str, tmp_path: Path) -> None:
    """Files that Compose does not take are errors here too, with the place."""
    file = tmp_path / "compose.yaml"
    file.write_text(text)
    with pytest.raises(ValueError, match=r"\S"):
        oracle.config([file], (), VARIABLES)
    with pytest.raises(ChaoskitError, match=r"compose\.yaml"):
        load_lab(Lab(str(file), environment=VARIABLES))
