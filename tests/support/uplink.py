"""An outer network namespace with a way out, and a capture on it: what leaves a lab would be seen there."""

from __future__ import annotations

import os
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

OUTSIDE, INSIDE = "198.18.255.1", "198.18.255.2"
CONTROL = b"control packet of the capture"
_ALL = 3  # ETH_P_ALL, linux/if_ether.h


@dataclass
class Uplink:
    """The namespace's name, and every frame that crossed its uplink so far."""

    namespace: str
    frames: list[bytes] = field(default_factory=list)

    def command(self, *argv: str) -> list[str]:
        """A command that runs inside."""
        return ["ip", "netns", "exec", self.namespace, *argv]

    def send_control(self) -> None:
        """Send a packet through the uplink from inside, to show that the capture sees what passes."""
        send = f"import socket; socket.socket(2, 2).sendto({CONTROL!r}, ({OUTSIDE!r}, 9))"
        subprocess.run(self.command("python3", "-c", send), check=True, timeout=10)

    def strangers(self, mac: bytes) -> list[bytes]:
        """Frames that the uplink's own interface did not send."""
        return [frame for frame in self.frames if frame[6:12] != mac and CONTROL not in frame]


@contextmanager
def uplink() -> Iterator[tuple[Uplink, bytes]]:
    """A namespace whose default route is a veth to this machine; with the MAC of the veth's inner end."""
    name = f"out{os.getpid() % 10000}"
    near, far = f"{name}a", f"{name}b"
    link = Uplink(name)
    _ip("netns", "add", name)
    try:
        _ip("link", "add", near, "type", "veth", "peer", "name", far, "netns", name)
        _ip("addr", "add", f"{OUTSIDE}/30", "dev", near)
        _ip("link", "set", near, "up")
        for argv in (
            ("addr", "add", f"{INSIDE}/30", "dev", far),
            ("link", "set", far, "up"),
            ("link", "set", "lo", "up"),
            ("route", "add", "default", "via", OUTSIDE),
        ):
            _ip("-n", name, *argv)
        mac = subprocess.run(
            link.command("cat", f"/sys/class/net/{far}/address"), capture_output=True, text=True, check=True
        ).stdout
        with _capture(near, link.frames):
            yield link, bytes.fromhex(mac.strip().replace(":", ""))
    finally:
        _ip("netns", "del", name)


@contextmanager
def _capture(device: str, frames: list[bytes]) -> Iterator[None]:
    stopping = threading.Event()
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(_ALL)) as tap:
        tap.bind((device, 0))
        tap.settimeout(0.1)

        def read() -> None:
            while not stopping.is_set():
                try:
                    frame, address = tap.recvfrom(65535)
                except TimeoutError:
                    continue
                if address[2] != socket.PACKET_OUTGOING:  # type: ignore[attr-defined]
                    frames.append(frame)

        thread = threading.Thread(target=read)
        thread.start()
        try:
            yield
        finally:
            stopping.set()
            thread.join()


def _ip(*argv: str) -> None:
    subprocess.run(["ip", *argv], check=True, timeout=10)
