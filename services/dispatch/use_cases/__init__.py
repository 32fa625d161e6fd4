"""Gather, decide, commit: what dispatch does for territories, dispatchers, phones and other systems."""
