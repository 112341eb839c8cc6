"""The words of chaoskit as small frozen types and protocols: no I/O happens here."""
