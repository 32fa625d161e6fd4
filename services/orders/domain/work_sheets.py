"""What the engineer notes beside the repair: how the machine is used, and whether its owner thinks of another one."""

from typing import Literal, get_args

Duty = Literal["long_haul", "regional", "construction", "mining", "port", "municipal", "other"]
DUTIES: tuple[str, ...] = get_args(Duty)
Intent = Literal["none", "within_3_months", "within_12_months", "later"]
INTENTS: tuple[str, ...] = get_args(Intent)
