"""Every short spelling turned into its long one, so that merging and reading know one form only.

What Compose holds unique becomes a mapping: volumes, secrets, configs and tmpfs by target, ports by
what they publish, hosts by name, address pools by subnet. Relative paths become absolute ones.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path as FilePath

from chaoskit.labs.compose import short_forms, words
from chaoskit.labs.compose.mistake import mistake
from chaoskit.labs.compose.nodes import Map, Node, Path, Scalar, Seq, Tag, is_null, strings, text_of
from chaoskit.labs.compose.paths import absolute

_Rule = Callable[[Node, FilePath, Path], Node]


def long_form(tree: Map, folder: FilePath) -> Map:
    """A checked and interpolated file in its long form; its relative paths start from `folder`.

    Raises:
        LabError: a one-line spelling cannot be taken apart.
    """
    sections = {"services": _SERVICE, "networks": _NETWORK, "volumes": _VOLUME, "secrets": _FILED, "configs": _FILED}
    entries = dict(tree.entries)
    for name, rules in sections.items():
        section = tree.get(name)
        if isinstance(section, Map):
            named = {key: _applied(node, rules, folder, (name, key)) for key, node in section.entries.items()}
            entries[name] = section.with_entries(named)
    return tree.with_entries(entries)


def _applied(node: Node, rules: Mapping[str, _Rule], folder: FilePath, path: Path) -> Node:
    """The rules applied to the keys they are for; a declaration without content becomes an empty mapping."""
    if not isinstance(node, Map):
        return node if node.tag is not Tag.PLAIN else Map(node.where, {})
    entries = dict(node.entries)
    for key, rule in rules.items():
        value = entries.get(key)
        if value is not None and not is_null(value):
            entries[key] = replace(rule(value, folder, (*path, key)), tag=value.tag)
    return node.with_entries(entries)


def _pairs(node: Node, _folder: FilePath, _path: Path) -> Node:
    """`- NAME=value` as `NAME: value`; a name alone has no value."""
    if not isinstance(node, Seq):
        return node
    entries: dict[str, Node] = {}
    for item in node.items:
        name, equals, value = _text(item).partition("=")
        entries[name] = Scalar(item.where, value if equals else None)
    return Map(node.where, entries)


def _many(node: Node, _folder: FilePath, _path: Path) -> Node:
    return Seq(node.where, (replace(node, tag=Tag.PLAIN),)) if isinstance(node, Scalar) else node


def _argv(node: Node, _folder: FilePath, path: Path) -> Node:
    if not isinstance(node, Scalar):
        return node
    try:
        return strings(node.where, words.split(text_of(node.value)))
    except ValueError as error:
        raise mistake(node.where, path, f"the command cannot be split into words: {error}") from error


def _healthcheck(node: Node, _folder: FilePath, _path: Path) -> Node:
    test = node.get("test") if isinstance(node, Map) else None
    if isinstance(node, Map) and isinstance(test, Scalar):
        argv = replace(strings(test.where, ["CMD-SHELL", text_of(test.value)]), tag=test.tag)
        return node.with_entries({**node.entries, "test": argv})
    return node


def _names(value: Callable[[Node], Node]) -> _Rule:
    """A list of names as a mapping from each name to a value."""

    def rule(node: Node, _folder: FilePath, _path: Path) -> Node:
        if not isinstance(node, Seq):
            return node
        return Map(node.where, {_text(item): value(item) for item in node.items})

    return rule


def _env_files(node: Node, folder: FilePath, _path: Path) -> Node:
    items = node.items if isinstance(node, Seq) else (node,)
    return Seq(node.where, tuple(_env_file(item, folder) for item in items))


def _env_file(item: Node, folder: FilePath) -> Node:
    entries: dict[str, Node] = dict(item.entries) if isinstance(item, Map) else {"path": item}
    return Map(item.where, {**entries, "path": _absolute(entries["path"], folder)})


def _files(node: Node, folder: FilePath, _path: Path) -> Node:
    items = node.items if isinstance(node, Seq) else (node,)
    return Seq(node.where, tuple(_absolute(item, folder) for item in items))


def _volumes(node: Node, folder: FilePath, path: Path) -> Node:
    entries: dict[str, Node] = {}
    for item in node.items if isinstance(node, Seq) else ():
        mount = item if isinstance(item, Map) else _short_volume(item, path)
        target = mount.get("target")
        if target is None:
            raise mistake(item.where, path, "the mount has no target", "Say where in the container it appears.")
        if not _text(target).startswith("/"):
            raise mistake(item.where, path, f"the target {_text(target)!r} is no absolute path")
        entries[_text(target).rstrip("/") or "/"] = _bind_absolute(mount, folder)
    return Map(node.where, entries)


def _short_volume(item: Node, path: Path) -> Map:
    parts = short_forms.volume(_text(item))
    if parts is None:
        raise mistake(item.where, path, f"{_text(item)!r} is no mount", "Write [SOURCE:]TARGET[:ro].")
    modes = parts.pop("modes", "").split(",")
    scalars = {key: Scalar(item.where, value) for key, value in parts.items()}
    return Map(item.where, {**scalars, "read_only": Scalar(item.where, "ro" in modes)})


def _bind_absolute(mount: Map, folder: FilePath) -> Map:
    kind, source = mount.get("type"), mount.get("source")
    if kind is None or source is None or _text(kind) != "bind":
        return mount
    return mount.with_entries({**mount.entries, "source": _absolute(source, folder)})


def _tmpfs(node: Node, _folder: FilePath, _path: Path) -> Node:
    items = node.items if isinstance(node, Seq) else (node,)
    return Map(node.where, {_text(item).partition(":")[0]: _option(item) for item in items})


def _option(item: Node) -> Node:
    return Scalar(item.where, _text(item).partition(":")[2])


def _ports(node: Node, _folder: FilePath, path: Path) -> Node:
    entries: dict[str, Node] = {}
    for item in node.items if isinstance(node, Seq) else ():
        entry = item if isinstance(item, Map) else _short_port(item, path)
        words = [_text(entry.get(key) or Scalar(item.where, "")) for key in ("host_ip", "published", "target")]
        protocol = _text(entry.get("protocol") or Scalar(item.where, "tcp"))
        entries[f"{':'.join(words)}/{protocol}"] = entry
    return Map(node.where, entries)


def _short_port(item: Node, path: Path) -> Map:
    parts = short_forms.port(_text(item))
    if parts is None:
        raise mistake(item.where, path, f"{_text(item)!r} is no port", "Write [[IP:]PUBLISHED:]TARGET[/PROTOCOL].")
    return Map(item.where, {key: Scalar(item.where, value) for key, value in parts.items()})


def _grants(prefix: str) -> _Rule:
    """Secrets and configs of a service by the path at which they appear."""

    def rule(node: Node, _folder: FilePath, path: Path) -> Node:
        entries: dict[str, Node] = {}
        for item in node.items if isinstance(node, Seq) else ():
            grant = item if isinstance(item, Map) else Map(item.where, {"source": item})
            source = grant.get("source")
            if source is None:
                raise mistake(item.where, path, "it names no source")
            target = _text(grant.get("target") or source)
            full = target if target.startswith("/") else f"{prefix}/{target}"
            entries[full] = grant.with_entries({**grant.entries, "target": Scalar(grant.where, full)})
        return Map(node.where, entries)

    return rule


def _extra_hosts(node: Node, _folder: FilePath, path: Path) -> Node:
    if isinstance(node, Map):
        many = {key: _many(value, _folder, path) for key, value in node.entries.items()}
        return node.with_entries(many)
    entries: dict[str, Node] = {}
    for item in node.items if isinstance(node, Seq) else ():
        text = _text(item)
        name, separator, address = text.partition("=" if "=" in text else ":")
        if not separator or not address:
            raise mistake(item.where, path, f"{text!r} is no host", "Write NAME=ADDRESS.")
        earlier = entries.get(name)
        before = earlier.items if isinstance(earlier, Seq) else ()
        entries[name] = Seq(item.where, (*before, Scalar(item.where, address.strip("[]"))))
    return Map(node.where, entries)


def _ulimits(node: Node, _folder: FilePath, _path: Path) -> Node:
    if not isinstance(node, Map):
        return node
    both = {key: _both_limits(value) for key, value in node.entries.items()}
    return node.with_entries(both)


def _both_limits(value: Node) -> Node:
    if not isinstance(value, Scalar) or is_null(value):
        return value
    bare = replace(value, tag=Tag.PLAIN)
    return Map(value.where, {"soft": bare, "hard": bare}, value.tag)


def _build(node: Node, _folder: FilePath, _path: Path) -> Node:
    return Map(node.where, {"context": replace(node, tag=Tag.PLAIN)}) if isinstance(node, Scalar) else node


def _pools(node: Node, _folder: FilePath, _path: Path) -> Node:
    config = node.get("config") if isinstance(node, Map) else None
    if not isinstance(node, Map) or not isinstance(config, Seq):
        return node
    pools: dict[str, Node] = {}
    for item in config.items:
        subnet = item.get("subnet") if isinstance(item, Map) else None
        pools[_text(subnet) if subnet else ""] = item
    return node.with_entries({**node.entries, "config": Map(config.where, pools, config.tag)})


def _absolute(node: Node, folder: FilePath) -> Node:
    return Scalar(node.where, absolute(_text(node), folder))


def _file(node: Node, folder: FilePath, _path: Path) -> Node:
    return _absolute(node, folder)


def _text(node: Node) -> str:
    return text_of(node.value) if isinstance(node, Scalar) else ""


def _nothing(item: Node) -> Node:
    return Scalar(item.where, None)


def _started(item: Node) -> Node:
    return Map(item.where, {"condition": Scalar(item.where, "service_started")})


_SERVICE: Mapping[str, _Rule] = {
    **dict.fromkeys(("environment", "labels", "annotations", "sysctls"), _pairs),
    **dict.fromkeys(("dns", "dns_search"), _many),
    **dict.fromkeys(("command", "entrypoint"), _argv),
    "build": _build,
    "healthcheck": _healthcheck,
    "depends_on": _names(_started),
    "networks": _names(_nothing),
    "models": _names(_nothing),
    "env_file": _env_files,
    "label_file": _files,
    "volumes": _volumes,
    "tmpfs": _tmpfs,
    "ports": _ports,
    "secrets": _grants("/run/secrets"),
    "configs": _grants(""),
    "extra_hosts": _extra_hosts,
    "ulimits": _ulimits,
}
_NETWORK: Mapping[str, _Rule] = {"labels": _pairs, "ipam": _pools}
_VOLUME: Mapping[str, _Rule] = {"labels": _pairs}
_FILED: Mapping[str, _Rule] = {"labels": _pairs, "file": _file}
