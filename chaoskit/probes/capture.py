"""`capture`: packets of a host's interfaces, counted and kept for Wireshark."""

from __future__ import annotations

import contextlib
import re
import time
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any, BinaryIO

from chaoskit.core.errors import UsageError
from chaoskit.core.probe import ProbeHost, Reader, probe
from chaoskit.core.step import Json
from chaoskit.core.suggest import did_you_mean
from chaoskit.core.topology import HostInfo, Link
from chaoskit.core.units import NS, size
from chaoskit.kernel import bpf, pcapng
from chaoskit.kernel.packets import Sniffer

_A_READING = 100_000
"""Packets one reading takes up at most; the others wait for the next."""
_NAMED = re.compile(
    r"\b(?:host|net|gateway|src|dst)\s+(?!(?:host|net|port|portrange|or|and)\b)(?P<name>[a-z][\w.-]*)(?![\w.:-])",
    re.IGNORECASE,
)
"""A name where pcap-filter(7) takes an address; libpcap would ask the resolver of this machine for it."""


@probe
def capture(host: ProbeHost, filter: str = "", *, network: str = "", keep: str | int = "64MB") -> Reader:  # noqa: A002  pcap's word
    """Packets that enter or leave a host's interfaces and pass a filter, counted from the lab's start on.

    `{"packets": 812, "bytes": 96400, "dropped": 0, "kept": 812, "since": 1750000000.1}`: packets and bytes since
    the capture began, before the boot actions; how many the kernel had to drop, where the others say too little;
    how many are in the file; and when the capture began (UTC, seconds), which another beginning changes. A file
    that cannot be written, on a full disk, is given up: `file_error` says so once, and packets are counted on. It
    is `files/PROBE/HOST.pcapng` in the run's directory, with the kernel's own timestamps. A router's packets are
    counted at each of its interfaces they pass.

    Args:
        host: whose interfaces.
        filter: an expression of pcap-filter(7), by addresses and ports, since names of a lab are unknown to it:
            `host 198.18.84.10 and tcp port 8080`; empty for every packet.
        network: the interface on this network only.
        keep: how large the file may grow; further packets are counted only.

    Raises:
        UsageError: the filter is none, or the host is on no such network.
        MissingTool: this machine has no libpcap.
    """
    return _Capture(host, filter, _links(host.info, network), size(keep))


@capture.accepts
def _(given: Mapping[str, Any]) -> None:
    expression = str(given["filter"])
    size(given["keep"])
    if named := _NAMED.search(expression):
        raise UsageError(
            f"{expression!r} names {named['name']!r}, and names of a lab are unknown to packet filters",
            remedy="Give the address instead.",
        )
    if expression and bpf.is_here():  # without it no experiment could even be listed; a run says what is missing
        bpf.compiled(expression)


@capture.suits
def _(given: Mapping[str, Any], host: HostInfo) -> None:
    _links(host, str(given["network"]))


class _Capture:
    """A socket an interface, and the file."""

    def __init__(self, host: ProbeHost, expression: str, links: tuple[Link, ...], limit: int) -> None:
        program = bpf.compiled(expression) if expression else b""
        self._packets = self._bytes = self._kept = self._flushed = self._written = 0
        self._error = ""
        self._limit = limit
        with ExitStack() as stack:
            self._file = _file(stack, host, expression, links)
            self._sniffers = [_sniffer(stack, link, program) for link in links]
            self._held = stack.pop_all()
        self._since = time.time_ns() / NS

    def __call__(self) -> Mapping[str, Json]:
        """Take up what has come in."""
        for number, sniffer in enumerate(self._sniffers):
            for packet in sniffer.packets(_A_READING):
                self._take(number, packet.utc, packet.data)
        self._flush()
        error, self._error = self._error, ""
        return {
            "packets": self._packets,
            "bytes": self._bytes,
            "dropped": sum(sniffer.lost() for sniffer in self._sniffers),
            "kept": self._kept,
            "since": self._since,
            **({"file_error": error} if error else {}),
        }

    def close(self) -> None:
        """Close sockets and file."""
        self._held.close()

    def _flush(self) -> None:
        if self._file:
            try:
                self._file.flush()
            except OSError as error:
                self._give_up(self._file, error)
            else:
                self._flushed = self._kept

    def _give_up(self, file: BinaryIO, error: OSError) -> None:
        """Count on without the file: what was not flushed is not in it, or not whole."""
        self._file, self._kept = None, self._flushed
        self._error = f"{file.name} could not be written: {error.strerror}"

    def _take(self, interface: int, utc: int, data: bytes) -> None:
        self._packets += 1
        self._bytes += len(data)
        if self._file and self._written < self._limit:
            try:
                self._written += pcapng.write_packet(self._file, interface, utc, data)
            except OSError as error:
                self._give_up(self._file, error)
            else:
                self._kept += 1


def _links(host: HostInfo, network: str) -> tuple[Link, ...]:
    links = tuple(link for link in host.links if network in ("", link.network))
    if not links:
        known = [link.network for link in host.links]
        raise UsageError(
            f"{host.name} is on no network {network!r}" if network else f"{host.name} is on no network",
            remedy=f"{did_you_mean(network, known)}It is on: {', '.join(known) or 'none'}.",
        )
    return links


def _sniffer(stack: ExitStack, link: Link, program: bytes) -> Sniffer:
    sniffer = Sniffer(link.device, program)
    stack.callback(sniffer.close)
    return sniffer


def _file(stack: ExitStack, host: ProbeHost, expression: str, links: tuple[Link, ...]) -> BinaryIO | None:
    """A file of its own for each time the capture begins; none where nothing is to be kept."""
    if host.files is None:
        return None
    host.files.mkdir(parents=True, exist_ok=True)
    file = _new(host.files, host.info.name)
    stack.callback(_closed, file)
    described = [pcapng.Interface(link.device, f"{link.host} on {link.network}") for link in links]
    file.write(pcapng.header(described, expression))
    return file


def _closed(file: BinaryIO) -> None:
    """Close it; what a full disk would not take was told by a reading."""
    with contextlib.suppress(OSError):
        file.close()


def _new(folder: Path, name: str) -> BinaryIO:
    """`HOST.pcapng`; of a host that came back with a new network `HOST-2.pcapng`."""
    number = 1
    while True:
        try:
            return (folder / f"{name}{f'-{number}' if number > 1 else ''}.pcapng").open("xb")
        except FileExistsError:
            number += 1
