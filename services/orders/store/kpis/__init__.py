"""KPIs: their definitions as SQL, measuring them, and the frozen months."""
