"""Making the images that are missing or outdated, and leaving alone those that are not."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chaoskit.core.errors import LabError
from chaoskit.engine.images import base, toxiproxy
from chaoskit.engine.images.command import docker
from chaoskit.engine.images.recipe import OURS, Recipe, context, made_here, recipe, targets

DIGEST = "chaoskit.digest"
"""The label that holds the digest of what an image was built from."""

_AT_ONCE = 2
"""Builds at a time: half of one is waiting for Debian's servers."""
_BUILD_S, _PULL_S, _IMPORT_S = 900, 600, 120

Say = Callable[[str], None]


@dataclass(frozen=True)
class State:
    """What an engine has of an image that chaoskit makes.

    Attributes:
        found: `up to date`, `outdated` or `missing`.
    """

    image: str
    found: str

    @property
    def is_ready(self) -> bool:
        """Whether nothing needs to be done."""
        return self.found == "up to date"


def every_image() -> tuple[str, ...]:
    """All images that chaoskit makes."""
    return (*(OURS + target for target in targets()), toxiproxy.IMAGE)


def states(images: Iterable[str]) -> tuple[State, ...]:
    """What the engine has of some images; those that chaoskit does not make are left out.

    Raises:
        LabError: no engine answers.
    """
    from chaoskit.labs.docker.engine import engine  # noqa: PLC0415  imports the SDK, which only Docker's users need

    client = engine()
    try:
        return tuple(State(image, _found(client, image)) for image in made_here(images))
    finally:
        client.close()


def ensure(images: Iterable[str], say: Say) -> None:
    """Make those images that are missing or outdated; a line about each.

    Raises:
        LabError: no engine answers.
        ChaoskitError: an image can be neither pulled nor made here.
    """
    looked = states(images)
    ready = [state.image for state in looked if state.is_ready]
    if ready:
        say(f"Up to date: {', '.join(ready)}.")
    waiting = [state.image for state in looked if not state.is_ready]
    if waiting:
        _ensure_bases([recipe(_target(image)) for image in waiting if image != toxiproxy.IMAGE], say)
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        for line in pool.map(lambda image: _made(image, say), waiting):
            say(line)


def _made(image: str, say: Say) -> str:
    start = time.monotonic()
    how = _toxiproxy(say) if image == toxiproxy.IMAGE else _build(recipe(_target(image)))
    return f"{image}: {how} in {time.monotonic() - start:.1f} s."


def _found(client: Any, image: str) -> str:
    from chaoskit.labs.docker.images import labels  # noqa: PLC0415  as above

    found = labels(client, image)
    if found is None:
        return "missing"
    if image == toxiproxy.IMAGE:  # its tag is its version
        return "up to date"
    return "up to date" if found.get(DIGEST) == recipe(_target(image)).digest else "outdated"


def _target(image: str) -> str:
    return image.removeprefix(OURS).removesuffix(":latest")


def _ensure_bases(recipes: Iterable[Recipe], say: Say) -> None:
    """See to it that the engine has or can pull what the builds start from."""
    from chaoskit.labs.docker.engine import engine  # noqa: PLC0415  as above
    from chaoskit.labs.docker.images import can_pull, labels  # noqa: PLC0415

    for image in dict.fromkeys(name for each in recipes for name in each.bases):
        client = engine()
        try:
            is_here = labels(client, image) is not None
        finally:
            client.close()
        if is_here or can_pull(image):
            continue
        if not base.can_make(image):
            raise LabError(
                f"the engine has no image {image} and reaches no registry that has it",
                remedy=f"Bring it over from a machine that does: docker save {image} | docker load",
            )
        say(f"{image}: no registry can be reached, so it is made of Debian's packages.")
        start = time.monotonic()
        base.make(image)
        say(f"{image}: made in {time.monotonic() - start:.1f} s.")


def _build(how: Recipe) -> str:
    label = f"{DIGEST}={how.digest}"
    docker("build", "--target", how.target, "--tag", how.image, "--label", label, "--file", "-", str(context()),
           stdin=how.text, timeout=_BUILD_S)  # fmt: skip
    return "built"


def _toxiproxy(say: Say) -> str:
    from chaoskit.labs.docker.images import can_pull  # noqa: PLC0415  as above

    if can_pull(toxiproxy.IMAGE):
        docker("pull", "--quiet", toxiproxy.IMAGE, timeout=_PULL_S)
        return "pulled"
    programs = toxiproxy.programs(say)
    options = [word for change in toxiproxy.IMPORTED_AS for word in ("--change", change)]
    with tempfile.TemporaryDirectory(prefix="chaoskit-toxiproxy-") as folder:
        archive = Path(folder) / "root.tar"
        toxiproxy.archive(programs, archive)
        docker("import", *options, str(archive), toxiproxy.IMAGE, timeout=_IMPORT_S)
    return "made of its programs"
