"""Labs on a Docker engine: lifecycle by Docker Compose, all else by the engine's API and the containers' namespaces.

engine.py      the engine: connecting, what it is
lab.py         a lab of ours: bringup.py and composing.py bring it up, removal.py takes away what bears its label
override.py    what is merged over its Compose files: addresses, labels, no way out
copies.py      copies of what its hosts may write to
firewall.py    frames that stay on its bridges pass; fence.py: nothing else does, and nothing strange too early
standins.py    what answers for a host whose daemon ended
host.py        one container as a `Host`, of our labs and of projects that were running already; life.py: its life
watch.py       what becomes of containers, told as it happens

A container's network has the machine's sysctls, forwarding among them, for some 80 ms between the moment its links
are there and the one in which the engine sets the container's own: fence.py keeps others from noticing.

A driver for Docker Swarm would provide the same `DriverLab`: `docker stack deploy` in place of `docker compose up`, a
host for each task that has run on a slot of a service (a task is never started again, its successor is the host's next
life), `tasks.NAME` in place of fixed addresses, and an engine a node, of which chaoskit reaches the local one's
namespaces only. `watch.py` and `host.py` take containers by label and by id, and hold for it as they are.
"""
