"""Measurements of Roadcall, side by side with its peers where they exist."""
