"""One module a fact or a family of facts; each has `facts()`, which looks and changes nothing."""
