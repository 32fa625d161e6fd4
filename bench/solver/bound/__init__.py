"""A proven lower bound on the price of any plan, for the smallest rich instances."""

from .master import Proof, proven
from .relaxation import Relaxation, checked
from .tolls import Tolls

__all__ = ["Proof", "Relaxation", "Tolls", "checked", "proven"]
