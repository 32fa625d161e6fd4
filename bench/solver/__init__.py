"""The solver beside its peers, by the same judge, in the same processor time."""
