"""Packet faults: what the kernel's queueing disciplines, nftables or a process of ours do to packets on their way out.

    netem      delay, loss, duplicate, corrupt, reorder     where the kernel has it and the link has no queue yet
    shape      bandwidth, by tbf, or htb for some peers     always
    rules      loss, duplicate, by nftables                 where netem is not to be had
    diversion  delay, corrupt, reorder, by a process        where netem is not to be had

`chaoskit.steps.impair` chooses among them when it is prepared.
"""
