"""How long and how far it is by road: one port, its engines, and what keeps it answering without them."""
