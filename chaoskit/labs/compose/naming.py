"""The name of a project, by Compose's rules."""

from __future__ import annotations

import re
from pathlib import Path

from chaoskit.labs.compose.environment import Environment
from chaoskit.labs.compose.interpolate import BadTemplate, substitute
from chaoskit.labs.compose.mistake import mistake
from chaoskit.labs.compose.nodes import Scalar, text_of
from chaoskit.labs.compose.read import read_file

_VARIABLE = "COMPOSE_PROJECT_NAME"


def project_name(files: tuple[Path, ...], fallback: str, environment: Environment) -> str:
    """`COMPOSE_PROJECT_NAME`, else `name:` of the last file that has it, else `fallback` made a valid name.

    Raises:
        LabError: a file cannot be read, or its `name:` is no valid one.
    """
    variables = environment.over_dotenv(files[0].parent)
    name = variables.get(_VARIABLE) or _written(files, variables)
    return name or re.sub(r"[^a-z0-9_-]", "", fallback.lower()).strip("-_") or "lab"


def _written(files: tuple[Path, ...], variables: Environment) -> str:
    found = ""
    for document in (document for file in files for document in read_file(file)):
        node = document.get("name")
        if not isinstance(node, Scalar):
            continue
        try:
            found = substitute(text_of(node.value), variables.get)
        except BadTemplate as error:
            raise mistake(node.where, ("name",), str(error), error.remedy) from error
        if not re.fullmatch(r"[a-z0-9][a-z0-9_-]*", found):
            raise mistake(node.where, ("name",), f"{found!r} is no name", "Use a-z, 0-9, - and _.")
    return found
