"""Images: which program of this machine stands for an image's name, and how the image would start it."""

from __future__ import annotations

import difflib
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from chaoskit.core.errors import LabError
from chaoskit.labs.native.plan import Preparation
from chaoskit.labs.spec import LabSpec

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
"""The search path of a container whose image sets none."""


@dataclass(frozen=True)
class Image:
    """What an image's name stands for.

    Attributes:
        names: without registry, `library/` and tag.
        program: the executable this machine must have, or a pattern of its path where it is on no search
            path; empty where chaoskit brings it.
        package: the Debian package that holds it; empty where Debian has none.
        build: the command that makes it where Debian has no package.
        also: images whose programs it holds as well.
        command: the default arguments, the program among them.
        entrypoint: what the image puts before a command of the user's.
        options_go_to_program: a command that starts with an option is the program's, as official images do it.
        insert: arguments the image's entrypoint adds behind the program's name.
        changes_user: the daemon gives up root by itself, which without root needs subordinate ids.
    """

    names: tuple[str, ...]
    program: str
    package: str
    command: tuple[str, ...]
    entrypoint: tuple[str, ...] = ()
    options_go_to_program: bool = True
    insert: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    user: str = ""
    working_dir: str = "/"
    stop_signal: str = ""
    changes_user: bool = False
    build: str = ""
    also: tuple[str, ...] = ()
    preparation: Preparation = field(default_factory=Preparation)

    def argv(self, entrypoint: tuple[str, ...] | None, command: tuple[str, ...] | None) -> tuple[str, ...]:
        """The argv of a service: its own entrypoint and command where it has them, else the image's."""
        if entrypoint:
            return (*entrypoint, *(command or ()))
        argv = (*self.entrypoint, *(self.command if command is None else command))
        if argv and argv[0].startswith("-") and self.options_go_to_program and self.program:
            argv = (self.program, *argv)
        if argv and argv[0] == self.program and self.insert and argv[1 : 1 + len(self.insert)] != self.insert:
            argv = (argv[0], *self.insert, *argv[1:])
        return argv

    @property
    def needs_users(self) -> bool:
        """Whether its process runs as another user than the host's root, by its own doing or by the image's."""
        return self.changes_user or self.user.partition(":")[0] not in ("", "0", "root")

    @property
    def remedy(self) -> str:
        """The command that brings the program onto this machine."""
        return f"apt-get install --no-install-recommends {self.package}" if self.package else self.build

    @property
    def is_here(self) -> bool:
        """Whether this machine has the program."""
        if "/" in self.program:
            return any(Path("/").glob(self.program.lstrip("/")))
        return not self.program or shutil.which(self.program, path=PATH) is not None


def plain(name: str) -> str:
    """An image's name without registry, `library/`, tag and digest."""
    bare = name.partition("@")[0]
    head, _, last = bare.rpartition("/")
    parts = [*head.split("/"), last.partition(":")[0]] if head else [last.partition(":")[0]]
    if len(parts) > 1 and ("." in parts[0] or ":" in parts[0] or parts[0] == "localhost"):
        parts = parts[1:]
    return "/".join(parts[1:] if parts[0] == "library" else parts)


def resolve(name: str, where: str = "") -> Image:
    """The row of the table for an image's name.

    Args:
        name: as a Compose file writes it.
        where: file and line, for the error.

    Raises:
        LabError: no daemon of this machine is known to stand for it.
    """
    from chaoskit.labs.native.image_table import BY_NAME  # noqa: PLC0415  the table's rows are of this module's type

    wanted = plain(name)
    if wanted in BY_NAME:
        return BY_NAME[wanted]
    near = difflib.get_close_matches(wanted, BY_NAME, 1)
    # A name like one of these is rather mistyped than an image that Docker has.
    docker = f"Docker can run it: docker compose -f {where.partition(':')[0] or 'FILE'} up"
    raise LabError(
        f"{where + ': ' if where else ''}the native driver has no daemon for the image {name!r}",
        remedy=f"Did you mean {near[0]!r}?" if near else docker,
    )


def parts(image: Image) -> tuple[Image, ...]:
    """The image and those whose programs it holds as well."""
    return (image, *(resolve(name) for name in image.also))


def packages(spec: LabSpec) -> dict[str, str]:
    """The Debian package of every executable that a lab needs, empty where Debian has none.

    Raises:
        LabError: an image that no daemon stands for.
    """
    found = (image for host in spec.hosts for image in parts(resolve(host.image, host.where)))
    return {image.program: image.package for image in found if image.program}
