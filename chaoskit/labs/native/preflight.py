"""What can be said against a lab before anything of it is created."""

from __future__ import annotations

from chaoskit.core.errors import LabError, MissingTool
from chaoskit.labs.native import images
from chaoskit.labs.spec import LabSpec


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
            remedy=f"Docker can: chaoskit lab up --driver docker {file}",
        )
    missing = [(host, image) for host in spec.hosts if not (image := images.resolve(host.image, host.where)).is_here]
    if missing:
        lines = [f"{host.where}: service {host.service} needs {image.program}" for host, image in missing]
        packages = sorted({image.package for _, image in missing if image.package})
        commands = [f"apt-get install --no-install-recommends {' '.join(packages)}"] if packages else []
        commands += sorted({image.build for _, image in missing if not image.package})
        raise MissingTool(
            "\n".join(["daemons of this lab are not installed:", *dict.fromkeys(lines)]),
            remedy=f"{' && '.join(commands)}{', or: chaoskit doctor --fix' if packages else ''}",
        )
