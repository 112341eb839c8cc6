"""Thin, typed wrappers of the Linux facilities everything stands on: namespaces, netlink, nft, procfs."""
