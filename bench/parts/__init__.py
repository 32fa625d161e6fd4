"""What parts and stations must answer quickly."""
