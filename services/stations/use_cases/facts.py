"""What stations writes into its journal for nobody but the record."""

from datetime import date
from typing import ClassVar

from kit.events import Message
from kit.values import Code


class ConsentGiven(Message):
    """The engineer agreed to be located while on shift."""

    kind: ClassVar[str] = "consent.given"
    engineer_id: Code


class ConsentWithdrawn(Message):
    """The engineer no longer agrees; what was known of their places was removed."""

    kind: ClassVar[str] = "consent.withdrawn"
    engineer_id: Code


class ContractChanged(Message):
    """A partner's vehicles may be sent from and until other days than before; both belong to the contract."""

    kind: ClassVar[str] = "contract.changed"
    partner_id: Code
    contract_from: date | None
    contract_until: date | None
