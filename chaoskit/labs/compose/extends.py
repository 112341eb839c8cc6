"""`extends`: a service merged over another one of this or of another file."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path as FilePath

from chaoskit.labs.compose.merge import merge
from chaoskit.labs.compose.mistake import mistake, nearest, shown
from chaoskit.labs.compose.nodes import Map, Node, Path, Scalar, text_of
from chaoskit.labs.compose.paths import absolute
from chaoskit.labs.compose.source import Source

_Chain = tuple[tuple[FilePath, str], ...]


@dataclass(frozen=True)
class Extender:
    """Resolves `extends` of the services of one file.

    Attributes:
        earlier: services of files that were merged before this one; a name that the file lacks may be theirs.
    """

    source: Source
    file: FilePath
    services: Map
    earlier: Map

    def apply(self) -> Map:
        """The services, with every `extends` resolved.

        Raises:
            LabError: the service or file to extend does not exist, or the chain comes back to itself.
        """
        resolved = {name: self.resolve(name, node, ()) for name, node in self.services.entries.items()}
        return self.services.with_entries(resolved)

    def resolve(self, name: str, node: Node, chain: _Chain) -> Node:
        """One service merged over what it extends, which may extend another in turn."""
        wish = node.get("extends") if isinstance(node, Map) else None
        path = ("services", name, "extends")
        if not isinstance(node, Map) or wish is None:
            return node
        if (self.file, name) in chain:
            steps = " -> ".join(service for _, service in (*chain, (self.file, name)))
            raise mistake(wish.where, path, f"the chain comes back to itself: {steps}")
        parent = self.parent(wish, path, (*chain, (self.file, name)))
        own = node.with_entries({key: value for key, value in node.entries.items() if key != "extends"})
        return replace(merge(parent, own, path[:2]), where=node.where)

    def parent(self, wish: Node, path: Path, chain: _Chain) -> Node:
        """What is extended, resolved itself."""
        service, file = _wished(wish)
        among = self if file is None else self.other(absolute(file, self.file.parent), wish, path)
        node = among.services.entries.get(service) or among.earlier.entries.get(service)
        if node is None:
            remedy = nearest(service, among.services.entries)
            raise mistake(wish.where, path, f"there is no service {service!r} in {shown(among.file)}", remedy)
        return among.resolve(service, node, chain)

    def other(self, file: str, wish: Node, path: Path) -> Extender:
        """The extender of another file, whose paths start from its own folder."""
        there = FilePath(file)
        if not there.is_file():
            raise mistake(wish.where, path, f"there is no file {shown(there)}")
        nothing = Map(wish.where, {})
        services = nothing
        for document in replace(self.source, folder=there.parent).read(there):
            merged = merge(services, document.section("services"), ("services",))
            services = merged if isinstance(merged, Map) else services
        return Extender(self.source, there, services, nothing)


def _wished(wish: Node) -> tuple[str, str | None]:
    if isinstance(wish, Scalar):
        return text_of(wish.value), None
    parts = {key: wish.get(key) for key in ("service", "file")} if isinstance(wish, Map) else {}
    service, file = parts.get("service"), parts.get("file")
    name = text_of(service.value) if isinstance(service, Scalar) else ""
    return name, text_of(file.value) if isinstance(file, Scalar) else None
