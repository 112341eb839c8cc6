"""The variables a Compose file is interpolated with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from chaoskit.labs.compose.dotenv import read_env_file


@dataclass(frozen=True)
class Environment:
    """Variables by name; what is set already wins over files read later."""

    variables: Mapping[str, str]

    def get(self, name: str) -> str | None:
        """The value, None where the variable is not set."""
        return self.variables.get(name)

    def over(self, files: tuple[Path, ...]) -> Environment:
        """The same variables over those of some files, of which a later one wins over an earlier one.

        Raises:
            LabError: a file cannot be read.
        """
        below: dict[str, str] = {}
        for file in files:
            known = Environment({**below, **self.variables})
            below.update(read_env_file(file, known.get))
        return Environment({**below, **self.variables})

    def over_dotenv(self, folder: Path) -> Environment:
        """The same variables over those of `.env` in a folder, where there is one."""
        file = folder / ".env"
        return self.over((file,)) if file.is_file() else self

    @property
    def profiles(self) -> frozenset[str]:
        """The profiles that `COMPOSE_PROFILES` names."""
        return frozenset(name.strip() for name in self.variables.get("COMPOSE_PROFILES", "").split(",") if name.strip())
