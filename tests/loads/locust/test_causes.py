"""Failures of client libraries in the words of outcomes. In a process of its own: the package imports locust."""

from __future__ import annotations

import json
import subprocess
import sys

SCRIPT = """
import errno, json, socket
from http.client import BadStatusLine, RemoteDisconnected
from types import SimpleNamespace as Answer
from chaoskit.loads.locust.causes import outcome_of_request
import requests.exceptions as r
import urllib3.exceptions as u
from locust.exception import CatchResponseError

def caused(outer, inner):
    outer.__cause__ = inner
    return outer

pool = None
found = {
    "ok": outcome_of_request(Answer(status_code=200), None),
    "refused by the file": outcome_of_request(Answer(status_code=200), CatchResponseError("no")),
    "404": outcome_of_request(Answer(status_code=404), r.HTTPError("404")),
    "500": outcome_of_request(Answer(status_code=500), r.HTTPError("500")),
    "503": outcome_of_request(Answer(status_code=503), r.HTTPError("503")),
    "refused": outcome_of_request(Answer(status_code=0), r.ConnectionError(u.MaxRetryError(
        pool, "/", caused(u.NewConnectionError(pool, "x"), ConnectionRefusedError(errno.ECONNREFUSED, "x"))))),
    "reset": outcome_of_request(
        None, r.ConnectionError(u.ProtocolError("x", ConnectionResetError(errno.ECONNRESET, "x")))),
    "closed": outcome_of_request(None, r.ConnectionError(u.ProtocolError("x", RemoteDisconnected("x")))),
    "no name": outcome_of_request(
        None, r.ConnectionError(caused(u.NewConnectionError(pool, "x"), socket.gaierror(-2, "x")))),
    "connect": outcome_of_request(None, r.ConnectTimeout(u.MaxRetryError(pool, "/", u.ConnectTimeoutError("x")))),
    "read": outcome_of_request(None, r.ReadTimeout(u.ReadTimeoutError(pool, "/", "x"))),
    "garbage": outcome_of_request(None, r.ConnectionError(u.ProtocolError("x", BadStatusLine("x")))),
    "fast": outcome_of_request(Answer(status_code=0), ConnectionRefusedError(errno.ECONNREFUSED, "x")),
    "fast timeout": outcome_of_request(Answer(status_code=0), TimeoutError("timed out")),
    "a mistake": outcome_of_request(None, ValueError("x")),
}
print(json.dumps(found))
"""
MEANT = {
    "ok": [200, "ok"],
    "refused by the file": [200, "bad"],
    "404": [404, "4xx"],
    "500": [500, "5xx"],
    "503": [503, "503"],
    "refused": [0, "refused"],
    "reset": [0, "reset"],
    "closed": [0, "reset"],
    "no name": [0, "no address"],
    "connect": [0, "connect timeout"],
    "read": [0, "response timeout"],
    "garbage": [0, "bad response"],
    "fast": [0, "refused"],
    "fast timeout": [0, "response timeout"],
    "a mistake": [0, "bad response"],
}


def test_each_error_has_the_outcome_of_what_it_wraps() -> None:
    """Statuses first, then the innermost error that means something, of requests, urllib3 and FastHttpUser."""
    ran = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, timeout=60, check=True)
    assert json.loads(ran.stdout) == MEANT
