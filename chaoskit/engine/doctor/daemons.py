"""Daemons that stand for images: which of them this machine has, and which a lab needs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from chaoskit.core.lab import Lab
from chaoskit.engine.doctor.fact import MISSING, OK, Fact
from chaoskit.labs.find import lab_argument, shipped_folder
from chaoskit.labs.load import load_lab
from chaoskit.labs.native import rootless
from chaoskit.labs.native.image_table import ROWS
from chaoskit.labs.native.images import Image, packages


def daemons(lab: str | None = None) -> Iterator[Fact]:
    """Every daemon the native driver knows, or those that a lab and its twins need.

    Raises:
        UsageError: there is no such lab.
        LabError: its files cannot be read, or name an image no daemon stands for.
    """
    wanted = _needed_by(lab) if lab else {}
    for image in ROWS:
        if image.program and (lab is None or image.program in wanted):
            yield replace(_fact(image), needed=lab is not None)


def _needed_by(lab: str) -> Mapping[str, str]:
    found: dict[str, str] = {}
    for each in with_twins(lab_argument(lab)):
        found |= packages(load_lab(each))
    return found


def with_twins(lab: Lab) -> Iterator[Lab]:
    """The lab, and for a shipped one each variant: `gslb.plain-dns.yaml` is merged over `gslb.yaml`."""
    yield lab
    if lab.is_shipped:
        for overlay in sorted(shipped_folder().glob(f"{lab.source}.*.yaml")):
            yield lab.over(str(overlay))


def _fact(image: Image) -> Fact:
    name = image.program.rpartition("/")[2]
    stands_for = f"stands for {', '.join(image.names)}"
    if image.is_here and image.needs_users and rootless.is_single_user():
        remedy = f"As root, once: {rootless.missing_for_users()}"
        return Fact(name, "daemon", MISSING, "changes its user, and you have one", stands_for, remedy)
    if image.is_here:
        return Fact(name, "daemon", OK, "installed", stands_for)
    return Fact(name, "daemon", MISSING, "not installed", stands_for, image.remedy, image.package)
