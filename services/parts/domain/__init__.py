"""The rules of parts, pure: no clock, no database, no framework."""
