"""Several files merged."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaoskit.core.where import Where
from chaoskit.labs.compose.merge import merge, strip
from chaoskit.labs.compose.nodes import Map, Node, Scalar, Seq, plain
from chaoskit.labs.spec import Condition, LabSpec

HERE = Where("f", 1)
SCALARS = st.one_of(st.integers(), st.text(max_size=3)).map(lambda value: Scalar(HERE, value))
KEYS = st.sampled_from("abcd")


def maps(values: st.SearchStrategy[Node]) -> st.SearchStrategy[Map]:
    """Small mappings whose keys often meet."""
    return st.dictionaries(KEYS, values, max_size=4).map(lambda entries: Map(HERE, entries))


TREES = maps(maps(SCALARS))


@given(TREES)
def test_merging_with_nothing_changes_nothing(tree: Map) -> None:
    """An empty file before or after leaves a tree as it is."""
    empty = Map(HERE, {})
    assert plain(strip(merge(tree, empty))) == plain(strip(merge(empty, tree))) == plain(tree)


@given(TREES, TREES, TREES)
def test_merging_may_be_grouped_in_any_way(a: Map, b: Map, c: Map) -> None:
    """`a + b + c` is the same whether a and b or b and c are merged first, as `extends` chains need."""
    assert plain(strip(merge(merge(a, b), c))) == plain(strip(merge(a, merge(b, c))))


@given(TREES, TREES)
def test_the_later_file_wins_and_nothing_is_lost(a: Map, b: Map) -> None:
    """Every value of the later tree is in the result, and every one of the earlier tree that it does not name."""
    merged = merge(a, b)
    assert isinstance(merged, Map)
    for source, other in ((b, Map(HERE, {})), (a, b)):
        for outer, inner in source.entries.items():
            for key, value in inner.entries.items() if isinstance(inner, Map) else ():
                if other.section(outer).get(key) is None:
                    assert plain(merged.section(outer).entries[key]) == plain(value)


@given(st.lists(st.integers(0, 5), max_size=5, unique=True), st.lists(st.integers(0, 5), max_size=5, unique=True))
def test_lists_append_what_is_new(a: list[int], b: list[int]) -> None:
    """A list keeps its order; a value that is there already is not repeated."""
    nodes = [Seq(HERE, tuple(Scalar(HERE, value) for value in values)) for values in (a, b)]
    assert plain(merge(*nodes)) == [*a, *(value for value in b if value not in a)]


def pair(load: Callable[..., LabSpec], base: str, *over: str) -> LabSpec:
    """Files that each say one line of the service `web`."""
    head = "services:\n  web:\n    "
    lines = [head + text.replace("\n", "\n    ") + "\n" for text in over]
    return load(head + "image: nginx\n    " + base.replace("\n", "\n    ") + "\n", *lines)


@pytest.mark.parametrize(
    ("base", "over", "read", "expected"),
    [
        ("command: a b", "command: [c]", "command", ("c",)),
        ("command: a b", "command: null", "command", None),
        ("entrypoint: [a]", "entrypoint: []", "entrypoint", ()),
        ("environment: [A=1, B=2]", "environment: {B: 3, C: 4}", "environment", {"A": "1", "B": "3", "C": "4"}),
        ("environment: {A: 1}", "environment: {A: }", "environment", {}),
        ("environment: {A: 1}", "environment:", "environment", {"A": "1"}),
        ("environment: {A: 1, B: 2}", "environment: {A: !reset null}", "environment", {"B": "2"}),
        ("environment: {A: 1}", "environment: !override {B: 2}", "environment", {"B": "2"}),
        ("environment: {A: 1}", "environment: !reset {}", "environment", {}),
        ("dns: 192.0.2.1", "dns: [192.0.2.2, 192.0.2.1]", "dns", ("192.0.2.1", "192.0.2.2")),
        ("cap_add: [A]", "cap_add: [CAP_A, B]", "cap_add", ("A", "B")),
        ("sysctls: [a=1]", "sysctls: {a: 2, b: 3}", "sysctls", {"a": "2", "b": "3"}),
        ("user: me", "user: !reset null", "user", ""),
        ("user: me", "working_dir: /x", "user", "me"),
    ],
)
def test_a_service_of_two_files(
    load: Callable[..., LabSpec], base: str, over: str, read: str, expected: object
) -> None:
    """Each key merges as Compose merges it: commands are replaced, mappings merged, lists appended."""
    assert getattr(pair(load, base, over).hosts[0], read) == expected


def test_volumes_are_one_by_target(load: Callable[..., LabSpec]) -> None:
    """A mount of the later file takes the place of the one at the same target, whatever its spelling."""
    over = "volumes: [{type: tmpfs, target: /b}, ./c:/a/]"
    mounts = pair(load, "volumes: [./a:/a, ./b:/b:ro]", over).hosts[0].mounts
    assert [(mount.target, mount.kind, mount.source.rsplit("/", 1)[-1]) for mount in mounts] == [
        ("/a", "bind", "c"),
        ("/b", "tmpfs", ""),
    ]


def test_healthchecks_merge_but_for_their_test(load: Callable[..., LabSpec]) -> None:
    """The later test replaces the earlier one, intervals beside it stay."""
    over = "healthcheck: {test: [CMD, b], retries: 9}"
    check = pair(load, "healthcheck: {test: a, interval: 5s, retries: 2}", over).hosts[0].healthcheck
    assert check is not None
    assert (check.test, check.interval, check.retries) == (("b",), 5_000_000_000, 9)


def test_reset_in_the_middle_forgets_only_what_came_before(load: Callable[..., LabSpec]) -> None:
    """A third file may set again what the second one took away."""
    spec = pair(load, "labels: {a: 1}", "labels: !reset {}", "labels: {b: 2}")
    assert spec.topology.hosts[0].labels == {"b": "2"}


def test_a_service_can_be_taken_away(load: Callable[..., LabSpec]) -> None:
    """`!reset` on a service removes it from the lab."""
    base = "services: {web: {image: nginx}, db: {image: postgres}}"
    assert [host.name for host in load(base, "services: {db: !reset null}").hosts] == ["web"]


def test_dependencies_of_both_spellings_merge(load: Callable[..., LabSpec]) -> None:
    """A list in one file and a mapping in the other end up as one set of conditions."""
    base = "services: {web: {image: n, depends_on: [a, b]}, a: {image: n}, b: {image: n}}"
    over = "services: {web: {depends_on: {b: {condition: service_healthy}}}}"
    wanted = {each.service: each.condition for each in load(base, over).hosts[0].depends_on}
    assert wanted == {"a": Condition.STARTED, "b": Condition.HEALTHY}


def test_a_list_over_a_mapping_is_an_error_with_both_places(error: Callable[..., str]) -> None:
    """Where two files cannot be merged, both lines are named."""
    base = "services:\n  web:\n    image: n\n    networks: {a: {}}\nnetworks: {a: {ipam: {config: []}}}\n"
    message = error(base, "networks:\n  a:\n    ipam: {config: {}}\n")
    assert "over-1.yaml:3: network a: ipam.config" in message
