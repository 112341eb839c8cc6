"""A run's order on disk: from it another process makes the lab again, when its keeper is gone.

The first line says which chaoskit wrote it; the rest is a pickle, as everything is that chaoskit's processes tell
each other. It lies in a folder that only this user can enter.
"""

from __future__ import annotations

import json
import os
import pickle
from pathlib import Path

from chaoskit import __version__
from chaoskit.core.errors import ChaoskitError
from chaoskit.engine.order import Order

FILE = "order"


def save(order: Order) -> None:
    """Have the disk hold it before anything of the run exists."""
    head = json.dumps({"chaoskit": __version__}).encode()
    put(order.runtime / FILE, head + b"\n" + pickle.dumps(order), durably=True)


def load(folder: Path) -> Order:
    """The order of the run whose folder this is.

    Raises:
        ChaoskitError: there is none, another version wrote it, or it cannot be read.
    """
    path = folder / FILE
    try:
        head, _, body = path.read_bytes().partition(b"\n")
        wrote = json.loads(head)["chaoskit"]
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise ChaoskitError(f"{path} cannot be read: {error}", remedy=_BY_HAND) from error
    if wrote != __version__:
        raise ChaoskitError(
            f"{path} was written by chaoskit {wrote}, and this is {__version__}",
            remedy=f"Run `chaoskit sweep` of version {wrote} (`pip install chaoskit=={wrote}`).",
        )
    try:
        order = pickle.loads(body)
    except Exception as error:  # the documentation of pickle: unpickling may raise any exception
        raise ChaoskitError(f"{path} cannot be read: {error}", remedy=_BY_HAND) from error
    if not isinstance(order, Order):
        raise ChaoskitError(f"{path} holds no order", remedy=_BY_HAND)
    return order


_BY_HAND = "What is left has to be removed by hand; then remove the folder of that file."


def put(path: Path, data: bytes, *, durably: bool) -> None:
    """Replace a file as a whole, for this user's eyes only; `durably` where it has to be there after a power cut."""
    draft = path.with_name(path.name + ".new")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600), "wb") as file:
        file.write(data)
        file.flush()
        if durably:
            os.fsync(file.fileno())
    draft.replace(path)
    if durably:
        _sync(path.parent)


def _sync(folder: Path) -> None:
    """Have the disk know the names in a folder, and of the folder: fsync(2) of a file sees to neither."""
    for each in (folder, folder.parent):
        fd = os.open(each, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)
