"""Compose projects that somebody else brought up, and that stay up: found by labels, changed, and left as found.

project.py    which containers a project has
naming.py     what its hosts are called
links.py      the interfaces of a container, by its namespace
networks.py   the networks they are on
spec.py       all of it as a `LabSpec`
sleeper.py    the program of the client host, which is all of its image
client.py     the client host: a container of our own on a network of the project
volatile.py   which fields of a container change with nobody changing the container
snapshot.py   how a project was found
difference.py how it differs from that
hosts.py      its containers as hosts
elsewhere.py  a container of an engine on another machine
lab.py        the `DriverLab`
"""
