"""Bringing tables of a user's own into a running Roadcall, row by row, by the services' bulk routes."""
