"""Which functions and actions there are, and what they are bound to."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from crosstie_sandbox.dataverse.actions import (
    bulk,
    bulk_delete,
    caller,
    catalogue,
    closing,
    counts,
    generating,
    merging,
    metadata,
    roles,
    solutions,
)
from crosstie_sandbox.dataverse.context import Call
from crosstie_sandbox.dataverse.errors import NAMESPACE
from crosstie_sandbox.dataverse.operation import Reply
from crosstie_sandbox.dataverse.rules.documents import documents

Doing = Callable[[Call], Reply]


@dataclass(frozen=True, slots=True)
class Operations:
    """Functions are called with GET, actions with POST, by name."""

    functions: Mapping[str, Doing]
    actions: Mapping[str, Doing]

    def find(self, name: str, method: str) -> Doing | None:
        """What a method does under a name."""
        return {"GET": self.functions, "POST": self.actions}.get(method, NO_ACTIONS).get(name)

    def __contains__(self, name: str) -> bool:
        return name in self.functions or name in self.actions


NO_ACTIONS: Mapping[str, Doing] = MappingProxyType({})
UNBOUND = Operations(
    functions={
        "WhoAmI": caller.who_am_i,
        "RetrieveTotalRecordCount": counts.total_record_count,
        "RetrieveMetadataChanges": metadata.retrieve_metadata_changes,
        "RetrieveSolutionImportResult": solutions.import_result,
    },
    actions={
        "AddSolutionComponent": solutions.add_solution_component,
        "BulkDelete": bulk_delete.bulk_delete,
        "CalculatePrice": generating.calculate_price,
        "CancelSalesOrder": closing.cancel_order,
        "CloseQuote": closing.close_quote,
        "ConvertQuoteToSalesOrder": generating.order_from_quote,
        "ConvertSalesOrderToInvoice": generating.invoice_from_order,
        "CreateEntities": metadata.create_entities,
        "DeleteOptionValue": metadata.delete_option_value,
        "DownloadSolutionExportData": solutions.download_export,
        "ExportSolution": solutions.export_now,
        "ExportSolutionAsync": solutions.export_as_job,
        "FulfillSalesOrder": closing.fulfill_order,
        "GenerateInvoiceFromOpportunity": generating.invoice_from_opportunity,
        "GenerateQuoteFromOpportunity": generating.quote_from_opportunity,
        "GenerateSalesOrderFromOpportunity": generating.order_from_opportunity,
        "ImportSolution": solutions.import_now,
        "ImportSolutionAsync": solutions.import_as_job,
        "InsertOptionValue": metadata.insert_option_value,
        "InsertStatusValue": metadata.insert_status_value,
        "LockInvoicePricing": generating.lock_invoice_pricing,
        "LockSalesOrderPricing": generating.lock_order_pricing,
        "LoseOpportunity": closing.lose_opportunity,
        "Merge": merging.merge,
        "OrderOption": metadata.order_option,
        "PublishAllXml": metadata.publish,
        "PublishXml": metadata.publish,
        "ReactivateEntityKey": metadata.reactivate_entity_key,
        "ReviseQuote": generating.revised_quote,
        "StageAndUpgradeAsync": solutions.stage_and_upgrade,
        "StageSolution": solutions.stage_solution,
        "UnlockInvoicePricing": generating.unlock_invoice_pricing,
        "UnlockSalesOrderPricing": generating.unlock_order_pricing,
        "UpdateOptionValue": metadata.update_option_value,
        "UpdateStateValue": metadata.update_option_value,
        "WinOpportunity": closing.win_opportunity,
        "WinQuote": closing.win_quote,
    },
)
OF_SETS = Operations(
    functions={},
    actions={
        "CreateMultiple": bulk.create_multiple,
        "UpdateMultiple": bulk.update_multiple,
        "UpsertMultiple": bulk.upsert_multiple,
        "DeleteMultiple": bulk.delete_multiple,
        "CancelSalesOrder": closing.cancel_order,
        "FulfillSalesOrder": closing.fulfill_order,
    },
)
OF_ROWS: Mapping[str, Operations] = MappingProxyType(
    {
        "systemuser": Operations({"RetrieveUserPrivileges": caller.user_privileges}, {}),
        "role": Operations(
            {"RetrieveRolePrivilegesRole": roles.role_privileges},
            {
                "AddPrivilegesRole": roles.add_privileges,
                "ReplacePrivilegesRole": roles.replace_privileges,
                "RemovePrivilegeRole": roles.remove_privilege,
            },
        ),
        "product": Operations({}, {"PublishProductHierarchy": catalogue.publish_hierarchy}),
        **{name: Operations({}, {"CalculatePrice": generating.calculate_price}) for name in documents()},
        "team": Operations({}, {"AddMembersTeam": roles.add_members, "RemoveMembersTeam": roles.remove_members}),
    }
)


def name_of(segment: str) -> str:
    """The bare name of a function or action in an address."""
    return segment.partition("(")[0].removeprefix(f"{NAMESPACE}.")


def bound(call: Call) -> Operations | None:
    """The operations among which the last segment of an address is, if it is one."""
    if len(call.address.rest) != 1:
        return None
    name = name_of(call.address.rest[0])
    if call.address.argument is None:
        return OF_SETS if name in OF_SETS else None
    found = OF_ROWS.get(call.table.logical_name)
    return found if found is not None and name in found else None
