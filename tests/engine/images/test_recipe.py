"""How the images of shipped labs are made, and what tells an outdated one."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from chaoskit.core.errors import UsageError
from chaoskit.core.lab import Lab
from chaoskit.engine.doctor.daemons import with_twins
from chaoskit.engine.images import recipe as module
from chaoskit.engine.images.recipe import context, made_here, recipe, targets
from chaoskit.engine.images.toxiproxy import IMAGE as TOXIPROXY
from chaoskit.labs.find import shipped_labs
from chaoskit.labs.load import load_lab


@pytest.mark.parametrize("lab", shipped_labs())
def test_every_image_of_a_lab_can_be_made(lab: str) -> None:
    """By its own name, for the lab and each of its twins."""
    images = {host.image for each in with_twins(Lab(lab)) for host in load_lab(each).hosts}
    assert set(made_here(images)) == images


def test_an_image_of_somebody_elses_is_a_registrys() -> None:
    """Names that only look like ours among them."""
    assert made_here(["nginx:1.27", "chaoskit/nonesuch", "me/chaoskit/haproxy", TOXIPROXY, "chaoskit/haproxy"]) == (
        TOXIPROXY,
        "chaoskit/haproxy",
    )


def test_targets_start_from_one_base() -> None:
    """It is the one that is made here where no registry can be reached."""
    assert {name for target in targets() for name in recipe(target).bases} == {"debian:trixie-slim"}


def test_a_target_that_is_not_there_has_a_near_one() -> None:
    """As everywhere on the command line."""
    with pytest.raises(UsageError, match="haproxy"):
        recipe("haprox")


def test_a_digest_follows_what_its_image_is_built_from(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The stages it needs, what they copy and whether that is executable; nothing of other targets, no comment."""
    folder = tmp_path / "images"
    shutil.copytree(context(), folder)
    monkeypatch.setattr(module, "context", lambda: folder)
    before = {target: recipe(target).digest for target in targets()}
    text = (folder / "Dockerfile").read_text()

    def changed() -> set[str]:
        return {target for target in targets() if recipe(target).digest != before[target]}

    (folder / "Dockerfile").write_text("# Another word.\n" + text)
    assert changed() == set()
    (folder / "Dockerfile").write_text(text.replace("STOPSIGNAL SIGUSR1", "STOPSIGNAL SIGTERM"))
    assert changed() == {"haproxy"}
    (folder / "Dockerfile").write_text(text)
    script = folder / "frr" / "docker-start"
    script.chmod(0o644)
    assert changed() == {"frr", "router"}
    script.chmod(0o755)
    assert changed() == set()
    script.write_text(script.read_text() + "\n")
    assert changed() == {"frr", "router"}


def test_native_hosts_and_images_run_the_same_scripts() -> None:
    """What an image copies is what stands for it natively, a word about itself apart."""
    from chaoskit.labs.native.image_table import BY_NAME

    for image, script in (("chaoskit/frr", "frr/docker-start"), ("chaoskit/router", "router/tunnels-up")):
        files = BY_NAME[image].preparation.files or {}
        assert files[f"/usr/local/bin/{Path(script).name}"] == (context() / script).read_text()
