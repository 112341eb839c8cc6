"""Volumes of a lab: copies made once when it comes up, so that no host ever changes the source."""

from __future__ import annotations

import os

from chaoskit.labs.native.plan import IslandPlan, VolumePlan


def folder(disk: str) -> str:
    """Where the copies are."""
    return f"{disk}/volumes"


def make(plan: IslandPlan) -> None:
    """Copy every volume of the lab onto its disk.

    Raises:
        OSError: a source cannot be read, or the copies do not fit.
    """
    os.mkdir(folder(plan.disk))
    os.mkdir(f"{plan.disk}/hosts")
    for volume in plan.volumes:
        _make(volume, f"{folder(plan.disk)}/{volume.key}", owners=not plan.one_user)


def _make(volume: VolumePlan, target: str, *, owners: bool) -> None:
    if volume.source:
        from chaoskit.labs.native.copying import copy  # noqa: PLC0415  many labs copy nothing: see there

        copy(volume.source, target, owners=owners)
        return
    if volume.content is None:
        os.mkdir(target)
    else:
        with open(target, "wb") as file:
            file.write(volume.content)
    os.chmod(target, volume.mode)
    if owners:
        os.chown(target, volume.uid, volume.gid)
