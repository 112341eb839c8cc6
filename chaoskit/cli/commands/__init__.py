"""One module a command; `chaoskit.cli.parser` finds them by walking this package."""
