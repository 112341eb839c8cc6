"""What an answer's head means for one load: its outcome, how to read on, whether the connection lives."""

from __future__ import annotations

from collections.abc import Callable

from chaoskit.core.load import Outcome
from chaoskit.core.request import HttpRequest
from chaoskit.loads.call import CODE
from chaoskit.loads.http import Head, parse_head

INSTANCE_HEADER = "x-instance"
_REMEMBERED = 4096


class Meaning:
    """A header block, understood.

    Attributes:
        size: bytes of a whole answer with this head; -1 where the head does not say or the body is to be looked into.
        plain: a success, whatever its body and however long it took, after which the connection lives on.
        rows: by the server's code, the code of the combination that a first attempt's row has.
    """

    __slots__ = ("close", "head", "instance", "outcome", "plain", "rows", "size", "status")

    def __init__(self, head: Head, size: int, outcome: int, instance: int, *, plain: bool) -> None:
        self.head = head
        self.size = size
        self.status = head.status
        self.close = head.close
        self.outcome = outcome
        self.instance = instance
        self.plain = plain
        self.rows: dict[int, int] = {}


class Judge:
    """Knows the answers of one kind of request; remembers every header block it has read."""

    def __init__(self, request: HttpRequest, instance_code: Callable[[str], int]) -> None:
        self._request = request
        self._instance_code = instance_code
        self.known: dict[bytes, Meaning] = {}

    def meaning(self, block: bytes) -> Meaning:
        """Read a header block.

        Raises:
            BadAnswer: it is none.
        """
        known = self.known.get(block)
        if known is not None:
            return known
        head = parse_head(block, self._request.method)
        ok = self._request.ok
        sized = head.length >= 0 and not head.interim and not ok.body_contains
        size = len(block) + head.length if sized else -1
        instance = self._instance_code(head.headers.get(INSTANCE_HEADER, ""))
        outcome = self._outcome(head)
        plain = sized and outcome is Outcome.OK and ok.within is None and not head.close
        made = Meaning(head, size, CODE[outcome], instance, plain=plain)
        if len(self.known) >= _REMEMBERED:
            self.known.clear()
        self.known[block] = made
        return made

    def _outcome(self, head: Head) -> Outcome:
        ok = self._request.ok
        if ok.accepts(head.status):
            held = all(head.headers.get(name.lower()) == value for name, value in ok.headers.items())
            return Outcome.OK if held else Outcome.BAD
        return outcome_of_status(head.status)


def outcome_of_status(status: int) -> Outcome:
    """The class of a status that is not a success."""
    if status == 503:
        return Outcome.UNAVAILABLE
    if 500 <= status < 600:
        return Outcome.SERVER_ERROR
    return Outcome.CLIENT_ERROR if 400 <= status < 500 else Outcome.OTHER_STATUS
