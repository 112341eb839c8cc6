"""Volumes of a lab: copies made once when it comes up, so that no host ever changes the source."""

from __future__ import annotations

import fcntl
import os

from chaoskit.labs.native.plan import IslandPlan, MountPlan, VolumePlan


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
    if any(mount.filled for host in plan.hosts for mount in host.mounts):
        # Hosts could not import it any more when they need it: chaoskit itself may not be in their root.
        from chaoskit.labs.native import copying  # noqa: F401, PLC0415
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


def furnish(wanted: MountPlan, volume: int, *, owners: bool) -> None:
    """Give an empty volume the owner and the content of the folder it is about to be mounted on, as Docker does.

    Hosts that share it start at the same time: the first one does it.

    Args:
        wanted: where it goes in the root of the calling process.
        volume: its open folder (O_PATH).
        owners: whether there are several users.

    Raises:
        OSError: the content does not fit on the lab's disk.
    """
    if not os.path.isdir(wanted.target):
        return
    path = f"/proc/self/fd/{volume}"
    lock = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not os.listdir(lock):
            status = os.stat(wanted.target)
            os.fchmod(lock, status.st_mode & 0o7777)
            if owners:
                os.fchown(lock, status.st_uid, status.st_gid)
            if wanted.filled:
                from chaoskit.labs.native.copying import copy  # noqa: PLC0415  see `make`

                copy(wanted.target, path, owners=owners)
    finally:
        os.close(lock)
