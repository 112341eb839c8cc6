"""The one-line spellings of mounts and ports, taken apart."""

from __future__ import annotations

import re

_PORT = r"\d{1,5}(?:-\d{1,5})?"
_PUBLISHED = re.compile(
    rf"(?:(?:(?P<ip>\[[0-9a-fA-F:.]+\]|[0-9.]+):(?P<any>{_PORT})?|(?P<published>{_PORT})):)?"
    rf"(?P<target>{_PORT})(?:/(?P<protocol>[a-z]+))?"
)
_DRIVE = re.compile(r"[A-Za-z]:[\\/]")


def port(text: str) -> dict[str, str] | None:
    """`[[IP:]PUBLISHED:]TARGET[/PROTOCOL]` by its parts; None when it is none."""
    match = _PUBLISHED.fullmatch(text.strip())
    if match is None:
        return None
    parts = {
        "host_ip": (match["ip"] or "").strip("[]"),
        "published": match["published"] or match["any"] or "",
        "target": match["target"],
        "protocol": match["protocol"] or "tcp",
    }
    return {key: value for key, value in parts.items() if value}


def volume(text: str) -> dict[str, str] | None:
    """`[SOURCE:]TARGET[:MODE,...]` by its parts, `modes` as written; None when it is none."""
    drive = _DRIVE.match(text)
    head = text[:2] if drive else ""
    parts = text[len(head) :].split(":")
    if len(parts) > 3 or not all(parts):
        return None
    if len(parts) == 1:
        return {"type": "volume", "target": head + parts[0]}
    source = head + parts[0]
    kind = "bind" if is_path(source) else "volume"
    return {"type": kind, "source": source, "target": parts[1], "modes": parts[2] if len(parts) == 3 else ""}


def is_path(source: str) -> bool:
    """Whether a mount's source is a path and not a volume's name."""
    return source.startswith((".", "/", "~", "\\")) or bool(_DRIVE.match(source))
