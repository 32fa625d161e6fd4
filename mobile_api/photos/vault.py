"""Where pictures lie: a folder or an object store, by the hash of their content.

The original is kept for evidence and never served; the copy is.
"""

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import obstore
from obstore.store import LocalStore, from_url

if TYPE_CHECKING:
    from obstore.store import BackoffConfig, ClientConfig, RetryConfig

from kit.problems import Unavailable

PATIENCE = timedelta(seconds=15)
"""How long one answer of an object store may take, and for how long one that fails is asked again: the phone waits."""
_PAUSES: "BackoffConfig" = {"init_backoff": timedelta(milliseconds=100), "max_backoff": timedelta(seconds=2), "base": 2}


class Vault:
    """Keeps originals and served copies. Writing the same content again changes nothing."""

    def __init__(self, *, url: str, folder: Path, patience: timedelta = PATIENCE):
        """`url` names an object store (s3://bucket/prefix; credentials and endpoint from the environment); empty means
        `folder`."""
        self._store: Any
        if url:
            # Over http when the operator's endpoint says so: a store within the same cluster.
            client: ClientConfig = {"timeout": patience, "connect_timeout": patience / 3, "allow_http": True}
            again: RetryConfig = {"max_retries": 3, "retry_timeout": patience, "backoff": _PAUSES}
            self._store = from_url(url, client_options=client, retry_config=again)
        else:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._store = LocalStore(folder, mkdir=True)

    async def keep(self, sha256: str, *, original: bytes, served: bytes) -> None:
        """Both are stored when this returns. Raises Unavailable when the store is out of reach or full."""
        try:
            await obstore.put_async(self._store, _original(sha256), original)
            await obstore.put_async(self._store, _served(sha256), served)
        except (obstore.exceptions.BaseError, OSError) as error:
            raise Unavailable("photos cannot be kept right now, nothing was taken", retry_after=30) from error

    async def served(self, sha256: str) -> bytes:
        """The served copy. Raises Unavailable when the store is out of reach."""
        try:
            found = await obstore.get_async(self._store, _served(sha256))
            return bytes(await found.bytes_async())
        except (obstore.exceptions.BaseError, OSError) as error:
            raise Unavailable("photos are out of reach right now", retry_after=30) from error


def _original(sha256: str) -> str:
    return f"original/{sha256[:2]}/{sha256}"


def _served(sha256: str) -> str:
    return f"served/{sha256[:2]}/{sha256}.jpg"
