"""`python -m chaoskit.engine.images [TARGET...]`: make images of the labs, all of them by default."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from chaoskit.core.errors import ChaoskitError
from chaoskit.engine.images.ensure import ensure, every_image
from chaoskit.engine.images.recipe import recipe
from chaoskit.engine.images.toxiproxy import IMAGE as TOXIPROXY


def main(wanted: Sequence[str]) -> None:
    """Make the images of some targets, `toxiproxy` among them."""
    images = [TOXIPROXY if target == "toxiproxy" else recipe(target).image for target in wanted]
    ensure(images or every_image(), lambda line: print(line, file=sys.stderr, flush=True))


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except ChaoskitError as error:
        sys.exit(f"error: {error}")
