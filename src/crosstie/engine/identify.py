"""Ids of our own, fixed in the intent, that make a create idempotent.

CRM: the GUID follows from connection, mapping, ERP id and generation, so a second attempt hits the same row. ERP: no
client ids, so the ``number`` comes from a range reserved for us, which the server keeps unique.
"""

from uuid import UUID, uuid5

from crosstie.model.words import ConnectionId, MappingName, RecordId

_NAMESPACE = UUID("6f0c1f8e-53a1-4a7e-9b6c-2f1f0f7c1d11")


def crm_id(connection: ConnectionId, mapping: MappingName, erp_id: RecordId, generation: int) -> RecordId:
    """The id that the CRM row of an ERP record gets.

    >>> crm_id(ConnectionId("c"), MappingName("CUSTOMER"), RecordId("e"), 0) == crm_id(
    ...     ConnectionId("c"), MappingName("CUSTOMER"), RecordId("e"), 1)
    False
    """
    return RecordId(str(uuid5(_NAMESPACE, f"{connection}/{mapping}/{erp_id}/{generation}")))
