"""Discovery: which files hold experiments, and which experiment a word means."""

from __future__ import annotations

import sys
from pathlib import Path
from textwrap import dedent

import pytest

from chaoskit.core.errors import DefinitionError, UsageError
from chaoskit.engine import sources
from chaoskit.engine.discovery import discover, select

SMALL = """
from chaoskit import Experiment, Lab, param

rate = param("rate", "400/s")
{name} = Experiment(claim=f"it holds at {{rate}}", lab=Lab("gslb"), duration="10s")
"""

CASES = """
from chaoskit import Experiment, Lab

ejects_dead = {
    balancer: Experiment(claim=balancer, lab=Lab("lb"), duration="10s") for balancer in ("nginx", "haproxy-2.6")
}
several = [Experiment(claim="first", lab=Lab("lb"), duration="10s")]
_hidden = Experiment(claim="not listed", lab=Lab("lb"), duration="10s")
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with experiments of its own, and no shipped ones."""
    monkeypatch.setattr(sources, "shipped", lambda: tmp_path / "nothing-shipped")
    (tmp_path / "pyproject.toml").write_text('[tool.chaoskit]\nexperiments = ["chaos/"]\n')
    (tmp_path / "chaos" / "deep").mkdir(parents=True)
    write(tmp_path / "chaos/gslb.py", SMALL.format(name="pool_death"))
    write(tmp_path / "chaos/lb.py", CASES)
    write(tmp_path / "chaos/deep/dns.py", SMALL.format(name="unreachable"))
    return tmp_path


def write(path: Path, text: str) -> None:
    """Write a file of experiments."""
    path.write_text(dedent(text))


def ids(*patterns: str, cwd: Path) -> list[str]:
    """What the patterns select."""
    return [found.id for found in select(patterns, cwd=cwd)]


def test_a_projects_experiments_are_found_from_any_folder_below(project: Path) -> None:
    """Module-level experiments, cases of dicts and lists, and files in sub-folders all have an id."""
    expected = [
        "deep.dns.unreachable",
        "gslb.pool_death",
        "lb.ejects_dead[nginx]",
        "lb.ejects_dead[haproxy-2.6]",
        "lb.several[0]",
    ]
    assert [found.id for found in discover(project).found] == expected
    assert [found.id for found in discover(project / "chaos/deep").found] == expected


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("gslb.pool_death", ["gslb.pool_death"]),
        ("gslb-pool-death", ["gslb.pool_death"]),
        ("gslb", ["gslb.pool_death"]),
        ("*pool*", ["gslb.pool_death"]),
        ("lb.ejects_dead", ["lb.ejects_dead[nginx]", "lb.ejects_dead[haproxy-2.6]"]),
        ("lb-ejects-dead[nginx]", ["lb.ejects_dead[nginx]"]),
        ("lb.ejects_dead[hap*]", ["lb.ejects_dead[haproxy-2.6]"]),
        ("deep.dns.unreachable", ["deep.dns.unreachable"]),
        ("chaos/gslb.py::pool_death", ["gslb.pool_death"]),
        ("chaos/gslb.py::gslb.pool_death", ["gslb.pool_death"]),
        ("chaos/lb.py::ejects-dead[nginx]", ["lb.ejects_dead[nginx]"]),
        ("chaos/lb.py::ejects_dead[haproxy-2.6]", ["lb.ejects_dead[haproxy-2.6]"]),
        ("chaos/deep/", ["dns.unreachable"]),
        ("chaos/gslb.py", ["gslb.pool_death"]),
    ],
)
def test_ids_globs_dashes_and_files_mean_experiments(project: Path, pattern: str, expected: list[str]) -> None:
    """Every form in which people name an experiment selects it."""
    assert ids(pattern, cwd=project) == expected


def test_an_experiment_named_twice_is_selected_once(project: Path) -> None:
    """Overlapping patterns do not run anything twice, and keep the order given."""
    assert ids("gslb", "lb.several[0]", "gslb.*", cwd=project) == ["gslb.pool_death", "lb.several[0]"]


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        ("gslb.pool_deth", "Did you mean 'gslb.pool_death'?"),
        ("chaos/gslb.py::pool_deth", "Did you mean 'pool_death'?"),
        ("chaos/nothing.py", "there is no file"),
        ("pyproject.toml::x", "no Python file"),
    ],
)
def test_a_word_that_means_nothing_is_an_error_with_the_nearest_one(project: Path, pattern: str, said: str) -> None:
    """A typo is answered with what was probably meant."""
    with pytest.raises(UsageError, match="(?s)" + said.replace("?", r"\?")):
        ids(pattern, cwd=project)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("x = (\n", r"broken\.py:1: '\(' was never closed"),
        ("\nimport nothing_of_that_name\n", r"broken\.py:2: ModuleNotFoundError: No module named"),
        ("def f():\n    return 1 / 0\nf()\n", r"broken\.py:2: ZeroDivisionError"),
        ("import sys\nsys.exit(4)\n", r"broken\.py:2: SystemExit: 4"),
        (
            "from chaoskit import *\n\nload(get('http://a/'), None, clients=role('c'), timeout='7 parsecs')\n",
            r"broken\.py:3: .*no duration",
        ),
        (
            "from chaoskit import *\ntwins = [Twin('t', [])]\nx = Experiment('c', Lab('l'), '9s', twins=twins)\n",
            r"broken\.py:2: the twin 't' names no check",
        ),
    ],
)
def test_a_broken_file_is_reported_with_file_and_line_and_hides_no_other(project: Path, text: str, said: str) -> None:
    """Syntax errors, failing imports and contradictions name their line; the other files are still found."""
    write(project / "chaos/broken.py", text)
    found = discover(project)
    assert "gslb.pool_death" in [each.id for each in found.found]
    (broken,) = found.broken
    assert broken.error.args[0].startswith(str(project)), broken.error
    with pytest.raises(DefinitionError, match=said):
        ids("broken.anything", cwd=project)
    assert ids("gslb.pool_death", cwd=project) == ["gslb.pool_death"]


def test_a_second_experiment_of_an_id_is_refused_and_both_places_are_named(project: Path) -> None:
    """An id means one experiment."""
    (project / "more").mkdir()
    write(project / "more/gslb.py", SMALL.format(name="pool_death"))
    (project / "pyproject.toml").write_text('[tool.chaoskit]\nexperiments = ["chaos", "more"]\n')
    (broken,) = discover(project).broken
    assert "more/gslb.py:5" in str(broken.error)
    assert "chaos/gslb.py:5" in str(broken.error)


def test_parameters_reach_the_experiment_and_its_neighbours(project: Path) -> None:
    """`--set` changes what `param` returns, in the file and in the modules it imports from its folder."""
    write(project / "chaos/_common.py", "from chaoskit import param\nlasting = param('lasting', 10)\n")
    write(
        project / "chaos/shop.py",
        "from _common import lasting\nfrom chaoskit import *\n"
        "fast = Experiment(claim='c', lab=Lab('l'), duration=lasting)",
    )
    (found,) = select(["gslb"], overrides={"rate": "9/s"}, cwd=project)
    assert found.experiment.claim == "it holds at 9/s"
    assert found.params == {"rate": "9/s"}
    (found,) = select(["shop.fast"], overrides={"lasting": "3"}, cwd=project)
    assert found.experiment.duration == 3


def test_a_neighbour_is_not_taken_for_an_installed_module_of_its_name(project: Path) -> None:
    """A file of experiments may be called as a library is, `dns` for one, which chaoskit's probes import."""
    write(project / "chaos/colorsys.py", SMALL.format(name="hue"))
    write(project / "chaos/shop.py", "from colorsys import rgb_to_hls\n" + SMALL.format(name="fast"))
    sys.modules.pop("colorsys", None)
    assert ids("colorsys", "shop", cwd=project) == ["colorsys.hue", "shop.fast"]


def test_the_string_below_a_definition_documents_each_of_its_cases(project: Path) -> None:
    """One description serves all the experiments that one definition makes."""
    write(project / "chaos/several.py", CASES.replace("several = ", '"""What holds of each."""\nseveral = '))
    (nginx,) = select(["several.ejects_dead[nginx]"], cwd=project)
    (first,) = select(["several.several[0]"], cwd=project)
    assert (nginx.doc, first.doc) == ("What holds of each.", "")


def test_an_unknown_parameter_is_an_error_that_lists_the_declared_ones(project: Path) -> None:
    """A mistyped parameter must not be ignored."""
    with pytest.raises(UsageError, match=r"(?s)'raet'.*Did you mean 'rate'\? Declared: rate\."):
        select(["gslb"], overrides={"raet": "9/s"}, cwd=project)
    with pytest.raises(UsageError, match="None is declared"):
        select(["lb"], overrides={"rate": "9/s"}, cwd=project)


def test_an_imported_experiment_belongs_to_the_file_that_defines_it(project: Path) -> None:
    """Importing a neighbour's experiment, to build on it, does not list it twice."""
    write(
        project / "chaos/variant.py",
        "import dataclasses\nfrom gslb import pool_death\nlonger = dataclasses.replace(pool_death, duration='99s')",
    )
    found = [each.id for each in discover(project).found]
    assert "variant.longer" in found
    assert "variant.pool_death" not in found


def test_names_are_those_of_variables(project: Path) -> None:
    """Objects are called as the variables that hold them; the others by their kind."""
    write(
        project / "chaos/named.py",
        """
        from chaoskit import *
        from chaoskit.core.verdict import passed

        @check
        def fine(history): return passed("fine")

        whole = fine()
        x = Experiment(claim="c", lab=Lab("l"), duration="9s", checks=[whole, fine(), fine(), fine().named("mine")])
        """,
    )
    (found,) = select(["named"], cwd=project)
    assert [found.names.of(each) for each in found.experiment.checks] == ["whole", "fine", "fine-2", "mine"]


def test_what_a_file_prints_is_kept_off_stdout(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`--json` stays readable whatever an experiment's file prints."""
    write(project / "chaos/noisy.py", "print('hello')\n")
    discover(project)
    assert capsys.readouterr() == ("", "hello\n")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[tool.chaoskit\n", "no TOML"),
        ("[tool.chaoskit]\nexperiment = []\n", r"no setting 'experiment'\n  Did you mean 'experiments'\?"),
        ("[tool.chaoskit]\nexperiments = 'chaos'\n", "a list of files and folders"),
        ("[tool.chaoskit]\nexperiments = ['chaoss']\n", "'chaoss', which does not exist"),
        ("[tool]\nchaoskit = 3\n", "is a table"),
    ],
)
def test_wrong_settings_are_errors_that_say_where(project: Path, text: str, said: str) -> None:
    """A setting that is not understood is refused with the file's name."""
    (project / "pyproject.toml").write_text(text)
    with pytest.raises(UsageError, match=rf"pyproject\.toml: .*{said}"):
        discover(project)


def test_a_pyproject_of_something_else_is_passed_over(project: Path) -> None:
    """In a repository of several packages the settings may stand further up."""
    (project / "chaos/pyproject.toml").write_text("[project]\nname = 'other'\n")
    assert ids("gslb", cwd=project / "chaos") == ["gslb.pool_death"]


def test_a_mistake_is_told_with_its_place_once(project: Path) -> None:
    """Also where what refuses it has named file and line already."""
    write(project / "chaos/bad.py", "from chaoskit.core.errors import UsageError\nraise UsageError('bad.py:7: no')\n")
    (broken,) = discover(project).broken
    assert str(broken.error) == "bad.py:7: no"
