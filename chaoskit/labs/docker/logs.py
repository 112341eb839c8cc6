"""What containers write to stdout and stderr, as a file a host: read from the engine's own files as they grow.

The engine's json-file driver writes a JSON object a line, `{"log": "...", "stream": "stdout", "time": "..."}`
(docs.docker.com, "JSON File logging driver").
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from chaoskit.labs.native.logcap import CAP

_LOOK_EVERY_S = 0.25
_AT_ONCE = 1 << 20


@dataclass
class _Log:
    """One host's log.

    Attributes:
        source: the engine's file, kept open: what is written until the container is removed can be read after.
        kept: bytes written to the target.
    """

    source: int
    target: Path
    rest: bytes = b""
    kept: int = 0
    cut: bool = False


@dataclass
class Logs:
    """Copies logs until closed.

    Args:
        folder: gets a file a host.
        tell: called with the host, the first time that its log is cut.
        cap: bytes of each host's log that are kept: its beginning, where the first error is.
    """

    folder: Path
    tell: Callable[[str], None]
    cap: int = CAP
    _logs: dict[str, _Log] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _closing: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self._thread = threading.Thread(target=self._run, name="docker logs", daemon=True)
        self._thread.start()

    def follow(self, host: str, source: Path) -> None:
        """Copy what an engine's file has and will have.

        Raises:
            OSError: it cannot be read.
        """
        with self._lock:
            if host not in self._logs:
                self._logs[host] = _Log(os.open(source, os.O_RDONLY | os.O_CLOEXEC), self.path(host))

    def path(self, host: str) -> Path:
        """The host's file."""
        return self.folder / f"{host}.log"

    def look(self) -> None:
        """Copy what has come."""
        with self._lock:
            cut = [host for host, log in self._logs.items() if self._copy(log)]
        for host in cut:
            self.tell(host)

    def close(self) -> None:
        """Copy the rest, and stop."""
        self._closing.set()
        if threading.current_thread() is not self._thread:
            self._thread.join()
        self.look()
        with self._lock:
            for log in self._logs.values():
                os.close(log.source)
            self._logs.clear()

    def _run(self) -> None:
        while not self._closing.wait(_LOOK_EVERY_S):
            self.look()

    def _copy(self, log: _Log) -> bool:
        """Copy what has come; whether the log was cut now."""
        if os.fstat(log.source).st_size < os.lseek(log.source, 0, os.SEEK_CUR):
            os.lseek(log.source, 0, os.SEEK_SET)  # the engine began its file anew
        while data := os.read(log.source, _AT_ONCE):
            *lines, log.rest = (log.rest + data).split(b"\n")
            if not log.cut and self._write(log, b"".join(map(_text, lines))):
                return True
        return False

    def _write(self, log: _Log, text: bytes) -> bool:
        with log.target.open("ab") as file:
            file.write(text[: self.cap - log.kept])
            log.kept += len(text)
            if log.kept > self.cap:
                log.cut = True
                file.write(f"\n[chaoskit: this log was cut here, {self.cap:,} bytes are kept of it]\n".encode())
        return log.cut


def _text(line: bytes) -> bytes:
    try:
        return str(json.loads(line)["log"]).encode()
    except (ValueError, LookupError):
        return line + b"\n"  # a line the engine had not finished when it was killed
