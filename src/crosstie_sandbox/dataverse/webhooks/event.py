"""The body of an event: the vendor's execution context, as its service writes it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from crosstie_sandbox.dataverse.payload import Changes
from crosstie_sandbox.dataverse.schema import Table
from crosstie_sandbox.dataverse.webhooks.steps import BOTH_IMAGES, POST_IMAGE, PRE_IMAGE, Step
from crosstie_sandbox.dataverse.webhooks.values import Json, entity, pairs, reference, wcf_time
from crosstie_sandbox.odata.answer import dumps

LARGEST_BODY = 256 * 1024
_LEFT_OUT = ("ParentContext", "InputParameters", "PreEntityImages", "PostEntityImages")
_FIXED: Json = {
    "IsExecutingOffline": False,
    "IsInTransaction": False,
    "IsOfflinePlayback": False,
    "IsolationMode": 1,
    "Depth": 1,
    "Mode": 1,
    "SecondaryEntityName": "none",
    "ParentContext": None,
}


@dataclass(frozen=True, slots=True)
class Event:
    """A write that somebody registered for; `old` and `new` are the row before and after it."""

    message: str
    table: Table
    identity: str
    changes: Changes
    old: Changes | None
    new: Changes | None


@dataclass(frozen=True, slots=True)
class Origin:
    """Where an event comes from."""

    user: str
    initiator: str
    business_unit: str
    organization: str
    organization_name: str
    correlation: str
    request: str
    operation: str
    moment: datetime
    tag: str | None = None
    """What the client wrote into `?tag=`."""


def body_of(step: Step, event: Event, origin: Origin) -> tuple[bytes, bool]:
    """The body, and whether the better part of it was left out because it was too large."""
    context: Json = {
        **_FIXED,
        "BusinessUnitId": origin.business_unit,
        "CorrelationId": origin.correlation,
        "InitiatingUserId": origin.initiator,
        "UserId": origin.user,
        "MessageName": event.message,
        "OperationCreatedOn": wcf_time(origin.moment),
        "OperationId": origin.operation,
        "OrganizationId": origin.organization,
        "OrganizationName": origin.organization_name,
        "OwningExtension": reference("sdkmessageprocessingstep", step.id) | {"Name": step.name},
        "PrimaryEntityId": event.identity,
        "PrimaryEntityName": event.table.logical_name,
        "RequestId": origin.request,
        "SharedVariables": pairs({} if origin.tag is None else {"tag": origin.tag}),
        "Stage": step.stage,
        "InputParameters": pairs({"Target": _target(event)}),
        "OutputParameters": pairs({"id": event.identity} if event.message == "Create" else {}),
        "PreEntityImages": _images(step, event, PRE_IMAGE),
        "PostEntityImages": _images(step, event, POST_IMAGE),
    }
    body = dumps(context)
    if len(body) <= LARGEST_BODY:
        return body, False
    return dumps(context | dict.fromkeys(_LEFT_OUT)), True


def _target(event: Event) -> Json:
    if event.new is None:
        return reference(event.table.logical_name, event.identity)
    if event.old is None:
        given = {name: value for name, value in event.new.items() if value is not None}
        return entity(event.table, given, event.new["versionnumber"])
    stamps = {name: event.new[name] for name in ("modifiedon", "modifiedby")}
    changed: Changes = {event.table.primary_key: event.identity, **event.changes}
    return entity(event.table, changed | stamps)


def _images(step: Step, event: Event, kind: int) -> list[dict[str, Any]]:
    row = event.old if kind == PRE_IMAGE else event.new
    if row is None:
        return []
    key = event.table.primary_key
    images: Json = {}
    for image in step.images:
        if image.kind in {kind, BOTH_IMAGES}:
            wanted = {name: row[name] for name in row if not image.columns or name in {key, *image.columns}}
            present = {name: value for name, value in wanted.items() if value is not None}
            images[image.alias] = entity(event.table, present, row["versionnumber"])
    return pairs(images)
