"""The base image where no registry can be reached: Debian itself, put together from its packages.

    mmdebstrap --variant=minbase trixie ...  |  docker import - debian:trixie-slim

The result is what the official image is: the packages of minbase, no manuals and no translations (dpkg's path-exclude),
no waiting for the disk (force-unsafe-io: a build that a power cut ends is begun again), and Debian's own servers in
apt's lists. It is labelled as made here, so that nobody takes it for the pulled one.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from chaoskit.core.errors import ChaoskitError
from chaoskit.engine.doctor.install import install
from chaoskit.engine.images.command import docker

_KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
_LEFT_OUT = ("man", "info", "locale", "doc", "groff", "lintian", "linda")
_BUILD_S, _IMPORT_S = 600, 120


def can_make(image: str) -> bool:
    """Whether it is a Debian image of the kind that is made here: `debian:SUITE-slim`."""
    name, _, tag = image.partition(":")
    return name == "debian" and tag.endswith("-slim")


def make(image: str) -> None:
    """Make a slim Debian image under its official name; installs mmdebstrap where it is missing.

    Raises:
        UsageError: mmdebstrap is missing, and this machine has no apt or the user is not root.
        ChaoskitError: Debian's packages cannot be had.
    """
    missing = [] if shutil.which("mmdebstrap") else ["mmdebstrap"]
    missing += [] if _KEYRING.exists() else ["debian-archive-keyring"]
    if missing:
        install(missing)
    suite = image.partition(":")[2].removesuffix("-slim")
    with tempfile.TemporaryDirectory(prefix="chaoskit-base-") as folder:
        archive = Path(folder) / "root.tar"
        _bootstrap(suite, archive)
        changes = ('CMD ["bash"]', f"LABEL chaoskit.base=mmdebstrap-{suite}")
        options = [word for change in changes for word in ("--change", change)]
        docker("import", *options, str(archive), image, timeout=_IMPORT_S)


def _bootstrap(suite: str, archive: Path) -> None:
    excluded = [f"path-exclude=/usr/share/{name}/*" for name in _LEFT_OUT]
    settings = [*excluded, "path-include=/usr/share/doc/*/copyright", "force-unsafe-io"]
    options = [*(f"--dpkgopt={line}" for line in settings), '--aptopt=Acquire::Languages "none"']
    argv = ["mmdebstrap", "--quiet", "--variant=minbase", *options, suite, str(archive)]
    try:
        done = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=sys.stderr, timeout=_BUILD_S, check=False)
    except subprocess.TimeoutExpired:
        raise ChaoskitError(f"mmdebstrap took longer than {_BUILD_S} s") from None
    if done.returncode:
        raise ChaoskitError(
            f"mmdebstrap could not put Debian {suite} together (status {done.returncode})",
            remedy="What it said is above. Neither a registry nor Debian's servers can be reached from here.",
        )
