"""Protocols that loads speak, one file each: what a request asks, and the stream that serves it.

A file `protocols/NAME.py` serves the requests whose `protocol` is NAME. It has one function,

    def open_stream(engine: Engine, job: Job, client: Client) -> Stream

Nothing else names it: `chaoskit.loads.registry` finds it. Other distributions bring protocols by an
entry point of the group `chaoskit.protocols` that has the protocol's name and names such a function.
"""
