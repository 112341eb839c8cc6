"""Merging a Compose file over another: mappings merge, lists append, a few keys are replaced whole.

Both trees are in their long form (`long_form.py`), in which whatever Compose holds unique - volumes
by target, ports by what they publish - is a mapping already.
"""

from __future__ import annotations

from dataclasses import replace

from chaoskit.labs.compose.mistake import mistake
from chaoskit.labs.compose.nodes import Map, Node, Path, Seq, Tag, is_null, kind, plain

_WHOLE = (("command",), ("entrypoint",), ("healthcheck", "test"))
_WHOLE_ENTRIES = (
    *("volumes", "ports", "secrets", "configs", "tmpfs"),
    *("environment", "labels", "annotations", "sysctls"),
)
"""Keys whose entries are each replaced, by a null as well: `environment: {A: }` asks for the caller's A."""


def merge(base: Node, over: Node, path: Path = ()) -> Node:
    """`over` merged over `base`; the tags of both stay, so that the result can be merged again.

    Raises:
        LabError: a mapping meets a list, or either a single value.
    """
    if over.tag is not Tag.PLAIN or _is_whole(path):
        return over
    if base.tag is Tag.RESET:
        return replace(over, tag=Tag.OVERRIDE)
    if is_null(over) or is_null(base):
        return base if is_null(over) else over
    if isinstance(base, Map) and isinstance(over, Map):
        return over if _other_driver(base, over, path) else _merged_maps(base, over, path)
    if isinstance(base, Seq) and isinstance(over, Seq):
        return replace(base, items=_appended(base, over))
    if type(base) is not type(over):
        text = f"{kind(over)} here cannot be merged over {kind(base)} in {base.where}"
        raise mistake(over.where, path, text, "Write both the same way, or replace the first with !override.")
    return over


def strip(node: Node) -> Node:
    """The finished tree: what `!reset` took away is gone, and no tag is left."""
    if isinstance(node, Seq):
        kept = tuple(strip(item) for item in node.items if item.tag is not Tag.RESET)
        return replace(node, items=kept, tag=Tag.PLAIN)
    if isinstance(node, Map):
        entries = {key: strip(value) for key, value in node.entries.items() if value.tag is not Tag.RESET}
        return replace(node, entries=entries, tag=Tag.PLAIN)
    return replace(node, tag=Tag.PLAIN)


def _merged_maps(base: Map, over: Map, path: Path) -> Map:
    entries = dict(base.entries)
    for key, value in over.entries.items():
        earlier = entries.get(key)
        entries[key] = value if earlier is None or key.startswith("x-") else merge(earlier, value, (*path, key))
    return base.with_entries(entries)


def _appended(base: Seq, over: Seq) -> tuple[Node, ...]:
    known = [plain(item) for item in base.items]
    return (*base.items, *(item for item in over.items if plain(item) not in known))


def _is_whole(path: Path) -> bool:
    if len(path) < 3 or path[0] != "services":
        return False
    return path[2:] in _WHOLE or (len(path) == 4 and path[2] in _WHOLE_ENTRIES)


def _other_driver(base: Map, over: Map, path: Path) -> bool:
    """Logging options belong to a driver: those of another one are not merged with them."""
    if len(path) != 3 or path[2] != "logging":
        return False
    drivers = [node.get("driver") for node in (base, over)]
    return all(drivers) and plain(drivers[0] or base) != plain(drivers[1] or base)
