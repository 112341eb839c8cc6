"""A load without an experiment: one target, a rate, a time, and what came of it.

`plan` says what is to be done, `drive` has generators do it, `tally` counts what they hand back, `result` is what it
came to and `expectation` what it is held to.
"""
