"""The web pages of Roadcall and what they need from a server of their own: files, live changes, a map without tiles."""
