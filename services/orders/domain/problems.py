"""What orders may answer instead of a result, beside the problems that every service has."""

from kit.problems import Problem


class MachineUnknown(Problem):
    """No such machine is recorded"""

    status = 422


class MachineAmbiguous(Problem):
    """More than one machine fits"""

    status = 422


class PlaceMissing(Problem):
    """It is not known where the machine stands"""

    status = 422


class PossibleDuplicate(Problem):
    """This machine already has an open order of this kind"""

    status = 409


class OutsideYourScope(Problem):
    """This belongs to another branch or station"""

    status = 403


class NoStation(Problem):
    """There is no station that could answer for this place"""

    status = 422


class GateNotMet(Problem):
    """The order cannot be completed yet: something is missing"""

    status = 409


class LeadCompletes(Problem):
    """Only the lead of a crew completes its order"""

    status = 409


class NotPossibleNow(Problem):
    """The state of the order does not allow this"""

    status = 409


class LinksInACircle(Problem):
    """These orders would wait for each other"""

    status = 409


class ProofMissing(Problem):
    """This wait stops a clock only with a proof"""

    status = 422


class BudgetExceeded(Problem):
    """The branch has no money left for this in the month"""

    status = 409


class WrongVariant(Problem):
    """This part does not fit the machine as it was built"""

    status = 422


class SnapshotUnread(Problem):
    """A snapshot comes as XML or JSON"""

    status = 415


class OperationReused(Problem):
    """The operation id was used for a different operation"""

    status = 422


class WrongStep(Problem):
    """The steps of a replacement come in their order"""

    status = 409
