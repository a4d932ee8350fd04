"""The field's words as enumerations: sides, directions, actions, statuses."""

from enum import StrEnum
from typing import NewType

ConnectionId = NewType("ConnectionId", str)
"""One coupled pair of an ERP company and a CRM environment."""
MappingName = NewType("MappingName", str)
"""Name of an integration table mapping, as ``CUSTOMER``."""
RecordId = NewType("RecordId", str)
"""The system's own id of a record: a lower-case GUID on both sides."""
Version = NewType("Version", str)
"""Opaque version of a record (etag); compared for equality only."""
JobId = NewType("JobId", str)


class Side(StrEnum):
    """One of the two coupled systems."""

    ERP = "erp"
    CRM = "crm"

    @property
    def other(self) -> "Side":
        """The opposite side.

        >>> Side.ERP.other
        <Side.CRM: 'crm'>
        """
        return Side.CRM if self is Side.ERP else Side.ERP


class Direction(StrEnum):
    """Which way data may go; *to the integration table* means ERP to CRM."""

    BIDIRECTIONAL = "bidirectional"
    TO_INTEGRATION_TABLE = "to"
    FROM_INTEGRATION_TABLE = "from"

    def writes(self, side: Side) -> bool:
        """Whether this direction lets data flow to ``side``.

        >>> Direction.TO_INTEGRATION_TABLE.writes(Side.CRM), Direction.TO_INTEGRATION_TABLE.writes(Side.ERP)
        (True, False)
        """
        if self is Direction.BIDIRECTIONAL:
            return True
        return (self is Direction.TO_INTEGRATION_TABLE) == (side is Side.CRM)


class ConflictResolution(StrEnum):
    """What to do when the same field was edited on both sides."""

    NONE = "none"
    """Ask: nothing is written, the conflict waits in the inbox."""
    SEND_UPDATE = "send update"
    """The ERP wins."""
    GET_UPDATE = "get update"
    """The CRM wins."""
    NEWEST = "newest"
    """The side that was edited last wins; where nobody can tell which one it is, it is a conflict."""


class Use(StrEnum):
    """A person's answer to a conflict: the value that both sides shall hold."""

    ERP = "erp"
    CRM = "crm"
    BASE = "base"
    """What each side held when both last agreed."""
    NEWEST = "newest"
    """What the side holds that was edited last."""


class OnDeletion(StrEnum):
    """What to do when one of two coupled records was deleted."""

    ASK = "ask"
    RESTORE = "restore"
    """Create the missing side again."""
    UNCOUPLE = "uncouple"
    """Drop the coupling; the record that is left stays as it is."""
    DELETE = "delete"
    """Delete the record that is left too, unless it was edited since both sides last agreed."""


class ActionKind(StrEnum):
    """What is to happen to one record, or did."""

    INSERT = "insert"
    MODIFY = "modify"
    COUPLE = "couple"
    DELETE = "delete"
    UNCHANGED = "unchanged"
    """Both sides agree; nothing to write."""
    IGNORE = "ignore"
    """The record takes no part: outside the filter, or not coupled where only coupled records count."""
    CONFLICT = "conflict"
    WAIT = "wait"
    """A required reference is not coupled yet; the record is taken up by itself when it is."""
    SKIP = "skip"
    FAIL = "fail"


class JobStatus(StrEnum):
    """Status of a job, in the words of the job queue."""

    READY = "Ready"
    IN_PROCESS = "In Process"
    ERROR = "Error"
    ON_HOLD = "On Hold"
    FINISHED = "Finished"
    ON_HOLD_INACTIVE = "On Hold with Inactivity Timeout"
    WAITING = "Waiting"


class TableJobStatus(StrEnum):
    """Status of one direction of a full synch review line."""

    BLANK = ""
    IN_PROCESS = "In Process"
    SUCCESS = "Success"
    ERROR = "Error"


class JobType(StrEnum):
    """What a synch job was for."""

    SYNCHRONIZATION = "Synchronization"
    COUPLING = "Coupling"
    UNCOUPLING = "Uncoupling"


class Recommendation(StrEnum):
    """Initial synch recommendation of a full synch review line."""

    FULL_SYNCHRONIZATION = "Full Synchronization"
    COUPLE_RECORDS = "Couple Records"
    NO_RECORDS = "No Records To Synchronize Now"
