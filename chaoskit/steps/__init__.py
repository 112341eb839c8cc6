"""Step kinds: one file a kind of change that can be prepared, done, confirmed and undone.

A kind is a frozen dataclass with `kind`, `one_shot` and `on_network`, whose fields are JSON values (tuples for
lists). It belongs to a module of this package, or to an installed distribution that names it under the
entry-point group `chaoskit.steps`: `chaoskit.steps.registry` finds both.
"""
