"""Why a request of a Locust user failed, in the words of outcomes: told by the errors its client library wraps."""

from __future__ import annotations

import errno
import socket
from collections.abc import Iterator
from http.client import BadStatusLine, RemoteDisconnected
from typing import Any

from chaoskit.core.load import Outcome

_BY_ERRNO = {
    errno.ECONNREFUSED: Outcome.REFUSED,
    errno.ECONNRESET: Outcome.RESET,
    errno.EPIPE: Outcome.RESET,
    errno.EHOSTUNREACH: Outcome.UNREACHABLE,
    errno.ENETUNREACH: Outcome.UNREACHABLE,
    errno.ETIMEDOUT: Outcome.CONNECT_TIMEOUT,
    errno.EADDRNOTAVAIL: Outcome.NO_PORT,
    errno.EMFILE: Outcome.NO_PORT,
}
_DEEPEST = 8


def outcome_of_request(response: Any, exception: BaseException | None) -> tuple[int, str]:
    """Status and outcome of what Locust's `request` event tells.

    An answer that the locustfile itself called a failure (`catch_response`) is bad, as one that `ok=` refuses.
    """
    status = int(getattr(response, "status_code", 0) or 0)
    if exception is None:
        return status, Outcome.OK
    if status >= 400:
        return status, _of_status(status)
    if status:
        return status, Outcome.BAD
    return 0, next((found for found in map(_of_error, _causes(exception)) if found), Outcome.BAD_RESPONSE)


def _of_status(status: int) -> Outcome:
    if status == 503:
        return Outcome.UNAVAILABLE
    return Outcome.SERVER_ERROR if status >= 500 else Outcome.CLIENT_ERROR


def _of_error(error: BaseException) -> Outcome | None:
    """What one error means by itself; None for one that only wraps another."""
    name = type(error).__name__
    if isinstance(error, socket.gaierror):
        return Outcome.NO_ADDRESS
    if isinstance(error, BadStatusLine):
        return Outcome.RESET if isinstance(error, RemoteDisconnected) else Outcome.BAD_RESPONSE
    if name in ("ConnectTimeout", "ConnectTimeoutError"):
        return Outcome.CONNECT_TIMEOUT
    if isinstance(error, OSError) and error.errno in _BY_ERRNO:
        return _BY_ERRNO[error.errno]
    if isinstance(error, TimeoutError) or name in ("ReadTimeout", "ReadTimeoutError"):
        return Outcome.RESPONSE_TIMEOUT
    return None


def _causes(error: BaseException) -> Iterator[BaseException]:
    """An error and all that it wraps, the outermost first: as causes, arguments, or as urllib3's `reason`."""
    level: list[BaseException] = [error]
    for _ in range(_DEEPEST):
        yield from level
        inner = [found for one in level for found in (one.__cause__, one.__context__, getattr(one, "reason", None))]
        inner += [argument for one in level for argument in one.args]
        level = [found for found in inner if isinstance(found, BaseException)]
