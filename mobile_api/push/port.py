"""What every push service must do for us. A push says that there is something to see, never what: the app asks."""

from dataclasses import dataclass
from typing import Literal, Protocol

Outcome = Literal["sent", "gone", "later"]
"""`gone`: there is no such installation any more. `later`: the service is away, overloaded or does not know us."""
KEPT_S = 12 * 3600
"""How long a service keeps a push for a phone without signal: until the end of the longest shift."""


@dataclass(frozen=True, slots=True)
class Target:
    """An installation of an app. `address` is the endpoint of its browser, or its registration id at JPush."""

    address: str
    language: str


class PushService(Protocol):
    """One way to wake phones."""

    async def send(self, target: Target) -> Outcome:
        """Never raises for what the other side says or does not say."""
