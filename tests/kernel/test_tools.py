"""Programs of this machine, found or missed by name."""

from pathlib import Path

import pytest

from chaoskit.core.errors import MissingTool
from chaoskit.kernel.tools import find_tool


def test_a_program_is_found_on_the_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first one there, as a shell finds it."""
    program = tmp_path / "nft"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find_tool("nft", "nftables") == str(program)


def test_the_systems_folders_are_searched_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    """An ordinary user's PATH leaves /usr/sbin out."""
    monkeypatch.setenv("PATH", "/nowhere")
    assert Path(find_tool("nsenter", "util-linux")).is_file()


def test_a_missing_program_names_its_package() -> None:
    """The remedy is the command that installs it."""
    with pytest.raises(MissingTool, match=r"no no-such-program\n  Install it: apt-get install its-package"):
        find_tool("no-such-program", "its-package")
