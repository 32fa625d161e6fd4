"""The engineer's phone: operations applied exactly once, the day, delta sync, photos. It decides nothing itself."""
