"""What orders does: gather, decide in the domain, commit state and journal in one transaction."""
