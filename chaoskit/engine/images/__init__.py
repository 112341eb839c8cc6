"""The images of labs on this machine's Docker engine: what they are made from, and making those that are not there.

dockerfile.py   which stages of compose/images/Dockerfile a target needs, and what they copy
recipe.py       which image is made how, and the digest that tells an outdated one
ensure.py       makes what is missing or outdated, and says what it did
base.py         the base image, by mmdebstrap where no registry can be reached
toxiproxy.py    Toxiproxy's programs, by Go or from its release, and its image where no registry can be reached

python -m chaoskit.engine.images                  all of them
python -m chaoskit.engine.images service haproxy  two of them
"""
