"""Pictures: judged and re-encoded (`picture`), and kept (`vault`)."""
