"""What stations does: imports, availability, the bank of replacement vehicles, positions."""
