"""The engine: plans, runs, keeps, records and judges experiments."""
