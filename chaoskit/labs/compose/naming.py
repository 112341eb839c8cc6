"""The name of a project, by Compose's rules."""

from __future__ import annotations

import re
from pathlib import Path

from chaoskit.core.errors import LabError
from chaoskit.labs.compose.environment import Environment
from chaoskit.labs.compose.interpolate import BadTemplate, substitute
from chaoskit.labs.compose.mistake import mistake
from chaoskit.labs.compose.nodes import Scalar, text_of
from chaoskit.labs.compose.read import read_file

_VARIABLE = "COMPOSE_PROJECT_NAME"


def project_name(files: tuple[Path, ...], fallback: str, environment: Environment) -> str:
    """`COMPOSE_PROJECT_NAME`, else `name:` of the last file that has it, else `fallback` made a valid name.

    Raises:
        LabError: a file cannot be read, its `name:` has nothing that fits a name, or the variable is no name.
    """
    variables = environment.over_dotenv(files[0].parent)
    given = variables.get(_VARIABLE) or ""
    if given and not re.fullmatch(r"[a-z0-9][a-z0-9_-]*", given):
        raise LabError(f"{_VARIABLE}={given} is no name of a project", remedy="Use a-z, 0-9, - and _.")
    return given or _written(files, variables) or _valid(fallback) or "lab"


def _valid(text: str) -> str:
    """A name made of what a text has that fits, as Compose makes one of a folder's name or of `name:`."""
    return re.sub(r"[^a-z0-9_-]", "", text.lower()).lstrip("-_")


def _written(files: tuple[Path, ...], variables: Environment) -> str:
    found = ""
    for document in (document for file in files for document in read_file(file)):
        node = document.get("name")
        if not isinstance(node, Scalar):
            continue
        try:
            written = substitute(text_of(node.value), variables.get)
        except BadTemplate as error:
            raise mistake(node.where, ("name",), str(error), error.remedy) from error
        found = _valid(written)
        if not found:
            raise mistake(node.where, ("name",), f"{written!r} is no name", "Use a-z, 0-9, - and _.")
    return found
