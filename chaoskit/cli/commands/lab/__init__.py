"""Labs by hand: a lab that is up outlives the command, held by its keeper."""

HELP = "bring a lab up or down, look into it, or check a Compose file"
EXAMPLES = """\
  chaoskit lab check ./compose.yaml                   can it be a lab? what would be ignored or refused?
  chaoskit lab up gslb                                a shipped lab
  chaoskit lab exec gslb client-eu -- ping -c1 lb-eu  a command in a host
  chaoskit lab down gslb
"""
