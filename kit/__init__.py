"""What every service shares and which knows no service."""
