"""What this machine can and cannot run, and installing what it lacks.

Each module of `chaoskit.engine.doctor.facts` knows one thing about machines: adding one touches one file.
"""
