"""A proven lower bound on the price of any plan, for rich instances of up to 500 orders."""

from .master import Proof, proven
from .relaxation import Relaxation, checked
from .tolls import Tolls

__all__ = ["Proof", "Relaxation", "Tolls", "checked", "proven"]
