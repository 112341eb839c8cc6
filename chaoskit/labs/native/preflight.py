"""What can be said against a lab before anything of it is created."""

from __future__ import annotations

from chaoskit.core.errors import LabError, MissingTool
from chaoskit.labs.native import images, rootless
from chaoskit.labs.spec import LabSpec

_ROOT = ("", "0", "root")


def problem(spec: LabSpec) -> str:
    """What keeps the native driver on this machine from running a lab, with its remedy; empty where nothing does."""
    try:
        check(spec)
    except LabError as error:
        return str(error)
    return ""


def check(spec: LabSpec) -> None:
    """Refuse what this driver or this machine cannot do.

    Raises:
        LabError: keys that the native driver cannot honour, images that no daemon stands for.
        MissingTool: daemons that are not installed, with the command that installs them.
    """
    if spec.refused:
        lines = [f"{note.where}: service {note.service}: {note.key}: {note.text}" for note in spec.refused]
        file = spec.files[0] if spec.files else "FILE"
        raise LabError(
            "\n".join([f"the native driver cannot run lab {spec.name}:", *lines]),
            remedy=f"Docker can: docker compose -f {file} up",
        )
    _check_users(spec)
    wanted = [(host, image) for host in spec.hosts for image in images.parts(images.resolve(host.image, host.where))]
    missing = [(host, image) for host, image in wanted if not image.is_here]
    if missing:
        lines = [f"{host.where}: service {host.service} needs {image.program}" for host, image in missing]
        packages = sorted({image.package for _, image in missing if image.package})
        commands = [f"apt-get install --no-install-recommends {' '.join(packages)}"] if packages else []
        commands += sorted({image.build for _, image in missing if not image.package})
        raise MissingTool(
            "\n".join(["daemons of this lab are not installed:", *dict.fromkeys(lines)]),
            remedy=f"{' && '.join(commands)}{', or: chaoskit doctor --fix' if packages else ''}",
        )


def _check_users(spec: LabSpec) -> None:
    """Without root and without subordinate ids there is one user: a daemon that gives up root cannot."""
    if not rootless.has_one_user():
        return
    lines = [
        f"{host.where}: service {host.service}: {image.program or 'its process'} changes to another user"
        for host in spec.hosts
        if (image := images.resolve(host.image, host.where)).needs_users or host.user.partition(":")[0] not in _ROOT
    ]
    if lines:
        raise MissingTool(
            "\n".join(["without root this machine gives you one user only:", *dict.fromkeys(lines)]),
            remedy=f"As root, once: {rootless.missing_for_users() or 'nothing is missing now'}; or run as root.",
        )
