"""What an `https` request takes for granted about its server."""

from __future__ import annotations

from dataclasses import dataclass

from chaoskit.core.errors import UsageError


@dataclass(frozen=True)
class Tls:
    """How the clients of a request speak TLS (RFC 8446): version 1.2 at least, SNI for a host that is a name.

    Attributes:
        ca: a file with the certificates (PEM) that are trusted, such as those of a lab's own authority; empty for
            the system's. Its path is as of the directory chaoskit is called in.
        verify: whether the server's certificate must be trusted and be the host's. Without, anybody may answer.
        resume: a new connection resumes the session that the one closed last left behind (RFC 8446 section 2.2), if
            there is one and the server agrees: the handshake is then without certificates. Sessions are kept by each
            client host for itself.
    """

    ca: str = ""
    verify: bool = True
    resume: bool = False

    def __post_init__(self) -> None:
        if self.ca and not self.verify:
            raise UsageError(
                f"TLS with ca={self.ca!r} and verify=False",
                remedy="Whom would it help to know the authority? Leave one of them out.",
            )
