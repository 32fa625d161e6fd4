"""Waking phones whose app is not open."""
