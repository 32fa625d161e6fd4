"""People, roles, scopes, tokens and API keys; the other services verify tokens offline."""
