"""What the use cases of accounts work with."""

from dataclasses import dataclass
from pathlib import Path

from kit.context import Context
from services.accounts.passwords import Passwords
from services.accounts.signing import Signing


@dataclass(frozen=True, kw_only=True)
class Accounts(Context):
    """A running accounts service."""

    passwords: Passwords
    signing: Signing

    @property
    def first_run_file(self) -> Path:
        """Where the first-run token lies until it is used."""
        return self.settings.data / "first-run-token"


def accounts(context: Context) -> Accounts:
    return Accounts(**vars(context), passwords=Passwords(), signing=Signing(context.db))
