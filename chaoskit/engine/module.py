"""Executing a file of experiments, and turning whatever goes wrong in it into one clear message."""

from __future__ import annotations

import ast
import contextlib
import inspect
import itertools
import re
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import ModuleType

from chaoskit.core.errors import ChaoskitError, DefinitionError
from chaoskit.core.experiment import Experiment
from chaoskit.core.param import params
from chaoskit.engine.found import Found, name_parts
from chaoskit.engine.sources import Source

_PLACED = re.compile(r"[^\n]+?\.py:\d+: ")
"""A message that says where already."""


def load(source: Source, overrides: Mapping[str, str] | None = None) -> tuple[Found, ...]:
    """Execute a file in a fresh namespace and collect the experiments it defines.

    What the file prints goes to stderr: stdout belongs to the command.

    Raises:
        DefinitionError: the file cannot be read or executed, or an experiment contradicts itself;
            the message starts with file and line.
    """
    module = ModuleType(f"chaoskit_experiments.{source.module}")
    module.__file__ = str(source.path)
    with params(overrides or {}) as scope, _registered(module), _siblings(source.root) as imported:
        docs = _execute(source, module)
        borrowed = {id(value) for other in imported() for value in vars(other).values()}
    variables = vars(module)
    own = {id_: experiment for id_, experiment in _experiments(source, variables) if id(experiment) not in borrowed}
    return tuple(
        Found(
            id_,
            experiment,
            name_parts(experiment, variables),
            dict(scope.used),
            source,
            variables,
            docs.get(id_.partition("[")[0], ""),
        )
        for id_, experiment in own.items()
    )


def _execute(source: Source, module: ModuleType) -> Mapping[str, str]:
    """Execute the file; returns the docstrings of what it assigns, by id."""
    try:
        tree = ast.parse(source.path.read_bytes(), str(source.path))
        code = compile(tree, str(source.path), "exec")
        with contextlib.redirect_stdout(sys.stderr):
            exec(code, vars(module))
    except DefinitionError:
        raise
    except SyntaxError as error:
        place = f"{error.filename or source.path}:{error.lineno or 1}"
        raise DefinitionError(f"{place}: {error.msg}", remedy=(error.text or "").strip()) from None
    except ChaoskitError as error:
        said = str(error.args[0])
        place = "" if _PLACED.match(said) else f"{_place(source, error)}: "
        raise DefinitionError(f"{place}{said}", remedy=error.remedy) from None
    except (Exception, SystemExit) as error:  # noqa: BLE001  whatever a user's file raises is told with its place
        raise DefinitionError(f"{_place(source, error)}: {type(error).__name__}: {error}") from None

    return dict(_docs(source, tree))


def _docs(source: Source, tree: ast.Module) -> Iterator[tuple[str, str]]:
    """A string right below an assignment documents it, as Sphinx and editors read attributes."""
    for statement, following in itertools.pairwise(tree.body):
        if isinstance(statement, ast.Assign) and isinstance(following, ast.Expr):
            text = following.value
            if isinstance(text, ast.Constant) and isinstance(text.value, str):
                for target in statement.targets:
                    if isinstance(target, ast.Name):
                        yield f"{source.module}.{target.id}", inspect.cleandoc(text.value)


def _place(source: Source, error: BaseException) -> str:
    """The deepest line of the user's own files that led to the error."""
    own = [
        f"{frame.filename}:{frame.lineno}"
        for frame in traceback.extract_tb(error.__traceback__)
        if Path(frame.filename).is_relative_to(source.root)
    ]
    return own[-1] if own else f"{source.path}:1"


@contextlib.contextmanager
def _registered(module: ModuleType) -> Iterator[None]:
    """Keep the module importable while it is executed: dataclasses look their module up."""
    sys.modules[module.__name__] = module
    try:
        yield
    finally:
        sys.modules.pop(module.__name__, None)


@contextlib.contextmanager
def _siblings(root: Path) -> Iterator[Callable[[], list[ModuleType]]]:
    """Let a file import its neighbours, executed anew each time so that parameters reach them.

    What is installed comes first: a neighbour named `dns` must not be taken for the library of that name.
    """
    before = set(sys.modules)

    def imported() -> list[ModuleType]:
        fresh = [sys.modules[name] for name in set(sys.modules) - before]
        return [module for module in fresh if Path(getattr(module, "__file__", None) or "/").is_relative_to(root)]

    sys.path.append(str(root))
    try:
        yield imported
    finally:
        sys.path.remove(str(root))
        for module in imported():
            sys.modules.pop(module.__name__, None)


def _experiments(source: Source, variables: Mapping[str, object]) -> Iterator[tuple[str, Experiment]]:
    for variable, value in variables.items():
        name = f"{source.module}.{variable}"
        if variable.startswith("_"):
            continue
        if isinstance(value, Experiment):
            yield name, value
        elif isinstance(value, Mapping | list | tuple):
            cases = value.items() if isinstance(value, Mapping) else enumerate(value)
            yield from ((f"{name}[{case}]", each) for case, each in cases if isinstance(each, Experiment))
