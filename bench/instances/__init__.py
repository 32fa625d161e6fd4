"""Rich dispatch instances on the real road network, frozen by seed: what solvers are measured on.

`python -m bench.instances write FOLDER` writes them as problem documents.
"""

from .assembly import instance, names

__all__ = ["instance", "names"]
