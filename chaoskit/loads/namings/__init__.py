"""How loads find servers: DNS, a registry, a fixed list; a file each. The contract is `chaoskit.loads.naming`."""
