"""What a plan stands on: a lab of ours, a project that is running already, or a system elsewhere."""

from __future__ import annotations

from chaoskit.core.errors import UsageError
from chaoskit.core.lab import Lab
from chaoskit.labs.attachment import Attachment
from chaoskit.labs.drivers import ATTACHED, EXTERNAL, NATIVE
from chaoskit.labs.load import load_lab
from chaoskit.labs.spec import LabSpec


def ground(lab: Lab, driver: str, attachment: Attachment | None = None) -> tuple[str, LabSpec]:
    """The driver that will hold the lab, and the lab as data.

    Args:
        lab: as the experiment has it.
        driver: what a lab of ours is brought up by.
        attachment: the running project that takes the place of the experiment's own lab.

    Raises:
        LabError: the lab cannot be read, or the project is not there.
        UsageError: there is no such lab, its roles and regions name no service, or the driver cannot give it a way out.
    """
    if attachment is not None:
        from chaoskit.labs.attached.spec import attached_spec  # noqa: PLC0415  needs an engine, which few runs do

        return ATTACHED, attached_spec(attachment, lab)
    if lab.is_external:
        from chaoskit.labs.external.spec import external_spec  # noqa: PLC0415

        return EXTERNAL, external_spec(lab)
    if lab.egress == "allow" and driver == NATIVE:
        raise UsageError(
            f"{lab.source} is to have a way out (egress='allow'), and labs of the native driver have none",
            remedy="Run it with --driver docker, or leave out egress=.",
        )
    return driver, load_lab(lab)
