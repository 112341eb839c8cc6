"""Users behind a load: who asks, from which address, on which connection, with which cookies."""
