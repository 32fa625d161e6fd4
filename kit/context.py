"""What every service is handed at its composition; nothing reaches for these by itself."""

from dataclasses import dataclass, field

from kit.auth import Authenticator
from kit.client import Clients
from kit.clock import Clock
from kit.db import Database
from kit.jobs import Jobs
from kit.journal_reader import Journals
from kit.settings import Settings
from kit.wake import Wakeups


@dataclass(frozen=True, kw_only=True)
class Context:
    """One service's surroundings. A service that needs more keeps it in a subclass."""

    name: str
    settings: Settings
    clock: Clock
    db: Database
    clients: Clients
    wakeups: Wakeups
    jobs: Jobs
    authenticator: Authenticator
    journals: Journals = field(default_factory=Journals)
    """Shared by the services of a process."""
