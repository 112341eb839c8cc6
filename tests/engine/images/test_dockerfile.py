"""Stages of Dockerfiles: which a target needs, and what they copy."""

from __future__ import annotations

import pytest

from chaoskit.core.errors import ChaoskitError
from chaoskit.engine.images.dockerfile import bases, needed, stages

TEXT = """\
# A comment, and a default.
FROM debian:trixie-slim AS base
ENV LANG=C.UTF-8

FROM golang:1.24 AS tools
RUN go build \\
    # inside of an instruction
    -o /tool

# What the next one is for.
FROM base AS web
COPY --chown=web:web conf/web.conf pages/ /etc/web/
COPY --from=tools /tool /usr/bin/tool
FROM web
ADD more.tar /
FROM scratch as bare
COPY --from=busybox:1.36 /bin/sh /sh
"""


def test_a_target_needs_what_it_starts_and_copies_from() -> None:
    """In the file's order, the target last; nothing beside."""
    every = stages(TEXT)
    assert list(every) == ["base", "tools", "web", "3", "bare"]
    assert [stage.name for stage in needed(every, "web")] == ["base", "tools", "web"]
    assert [stage.name for stage in needed(every, "3")] == ["base", "tools", "web", "3"]
    assert [stage.name for stage in needed(every, "bare")] == ["bare"]


def test_images_from_outside_are_told_from_stages() -> None:
    """`scratch` is no image (docs.docker.com/build/building/base-images)."""
    every = stages(TEXT)
    assert bases(needed(every, "web")) == ("debian:trixie-slim", "golang:1.24")
    assert bases(needed(every, "bare")) == ("busybox:1.36",)


def test_what_comes_from_the_context_is_told_from_what_another_stage_has() -> None:
    """Options are no sources, nor is the destination."""
    web = stages(TEXT)["web"]
    assert web.sources == ("conf/web.conf", "pages/")
    assert web.others == ("tools",)


def test_comments_are_no_part_of_a_stage() -> None:
    """Rewording one builds nothing anew."""
    assert "comment" not in "".join(stage.text for stage in stages(TEXT).values())
    assert stages(TEXT)["tools"].text == "FROM golang:1.24 AS tools\nRUN go build \\\n    -o /tool"


def test_an_instruction_before_the_first_stage_is_refused() -> None:
    """It would be lost."""
    with pytest.raises(ChaoskitError, match="before its first FROM: RUN true"):
        stages("RUN true\nFROM debian\n")
