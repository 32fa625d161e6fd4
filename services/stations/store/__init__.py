"""Every statement of stations, by subject."""
