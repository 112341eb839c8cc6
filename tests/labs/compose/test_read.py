"""YAML to nodes."""

from __future__ import annotations

import pytest

from chaoskit.core.errors import LabError
from chaoskit.labs.compose.nodes import Map, Node, Seq, Tag, plain
from chaoskit.labs.compose.read import read_text


def read(text: str) -> Map:
    """The one document of a text."""
    [document] = read_text(text, "f.yaml")
    return document


def line(node: Node | None) -> int:
    """Where a value stands."""
    assert node is not None
    return node.where.line


def test_every_value_knows_the_line_of_its_key() -> None:
    """A block that starts below its key is found at the key; list items at their own line."""
    tree = read("a:\n  b: 1\n  c:\n    - x\n    - y\n")
    a = tree.get("a")
    assert isinstance(a, Map)
    c = a.get("c")
    assert isinstance(c, Seq)
    assert [line(a), line(a.get("b")), line(c), *map(line, c.items)] == [1, 2, 3, 4, 5]


def test_merge_keys_give_way_to_own_ones_and_to_earlier_sources() -> None:
    """`<<` of several sources: the mapping's own keys win, then the first source."""
    tree = read("a: &a {x: 1, y: 1}\nb: &b {y: 2, z: 2}\nc:\n  <<: [*a, *b]\n  x: 3\n")
    assert plain(tree.section("c")) == {"y": 1, "z": 2, "x": 3}


def test_an_anchor_may_be_given_anew() -> None:
    """An alias means the last anchor of its name before it."""
    assert plain(read("a: &x 1\nb: *x\nc: &x 2\nd: *x\n")) == {"a": 1, "b": 1, "c": 2, "d": 2}


def test_a_quoted_value_is_text() -> None:
    """Quotes and `!!str` keep a number or flag a text."""
    assert plain(read("a: '1'\nb: \"true\"\nc: !!str 5\nd: 5\n")) == {"a": "1", "b": "true", "c": "5", "d": 5}


def test_compose_tags_stay_on_their_values() -> None:
    """`!reset` and `!override` are kept, with the value they stand before."""
    tree = read("a: !reset null\nb: !override [1]\nc: !unknown x\n")
    assert [tree.entries[key].tag for key in "abc"] == [Tag.RESET, Tag.OVERRIDE, Tag.PLAIN]
    assert tree.get("a") is None


def test_a_file_may_hold_several_documents() -> None:
    """Each document is read by itself; an empty one says nothing."""
    assert [plain(each) for each in read_text("---\na: 1\n---\nb: 2\n---\n", "f")] == [{"a": 1}, {"b": 2}, {}]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a: [1\nb: 2\n", "f.yaml:2: no valid YAML"),
        ("a: 1\nb: 2\na: 3\n", "f.yaml:3: a: the key stands here twice, first in line 1"),
        ("- a\n", "f.yaml:1: a Compose file is a mapping"),
        ("a: &x\n  b: *x\n", "the anchor contains itself"),
        ("a:\n  <<: 5\n", "f.yaml:2: a: `<<` merges mappings"),
        ("a: *nope\n", "f.yaml:1: no valid YAML"),
        ("? [a]\n: 1\n", "f.yaml:1: a key must be a single value"),
        ("a:\n\tb: 1\n", "f.yaml:2: no valid YAML"),
    ],
)
def test_what_is_no_compose_yaml_is_an_error_with_its_line(text: str, words: str) -> None:
    """A syntax error, a repeated key and a wrong merge are named where they stand."""
    with pytest.raises(LabError) as caught:
        read_text(text, "f.yaml")
    assert words in str(caught.value)


def test_anchors_that_multiply_are_stopped() -> None:
    """A file of a few lines cannot expand to millions of values."""
    levels = "\n".join(f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 9)}]" for n in range(1, 9))
    with pytest.raises(LabError, match="expand to more than 200,000 values"):
        read_text(f"l0: &l0 [x]\n{levels}\n", "f.yaml")
