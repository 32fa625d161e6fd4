"""The rules of work orders, pure: no clock, no database, no framework."""
