"""Every statement of parts, by subject."""
