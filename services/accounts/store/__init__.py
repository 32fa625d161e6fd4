"""Every statement of accounts."""
