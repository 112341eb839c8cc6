"""The native driver: a lab as namespaces of this machine, without an image, a container engine or an uplink.

    keeper process                      island process (net, pid, mnt, ipc, uts of its own)
    NativeLab -- NativeHost             bridges, volumes, one netns and one disk folder a host
        |   calls, events                   |
        +---------------------------------- +-- daemon (pid 1 of its host)
                                            +-- daemon ...

Use `chaoskit.labs.native.lab.NativeLab`. This package's `__init__` imports nothing: the island
process must stay small.
"""
