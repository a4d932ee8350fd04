"""Tables as metadata shows them."""

from crosstie_sandbox.dataverse.altering.identity import table_id
from crosstie_sandbox.dataverse.metadata.attributes import attributes
from crosstie_sandbox.dataverse.metadata.node import Item, Node, Way, label, managed
from crosstie_sandbox.dataverse.metadata.relationships import key, of_table
from crosstie_sandbox.dataverse.schema import Schema, Table
from crosstie_sandbox.dataverse.security.privileges import privilege_id, privilege_name, rights_on

_OWNERSHIP = {"user": "UserOwned", "organization": "OrganizationOwned", "business": "BusinessOwned", "none": "None"}


def entities(schema: Schema) -> list[Node]:
    """All tables by logical name."""
    return [entity(schema, schema.tables[name]) for name in sorted(schema.tables)]


def entity(schema: Schema, table: Table) -> Node:
    """One table."""
    ways: dict[str, Way] = {
        "Attributes": lambda: attributes(schema, table),
        "Keys": lambda: [key(table, one) for one in table.keys],
        "OneToManyRelationships": lambda: of_table(schema, table)["OneToManyRelationships"],
        "ManyToOneRelationships": lambda: of_table(schema, table)["ManyToOneRelationships"],
        "ManyToManyRelationships": lambda: of_table(schema, table)["ManyToManyRelationships"],
        "Settings": list,
    }
    return Node("EntityMetadata", "EntityMetadata", {**_names(table), **_nature(table), **_settings(table)}, ways)


def _names(table: Table) -> Item:
    return {
        "MetadataId": table_id(table),
        "HasChanged": None,
        "LogicalName": table.logical_name,
        "SchemaName": table.schema_name,
        "EntitySetName": table.entity_set,
        "LogicalCollectionName": table.entity_set.lower(),
        "CollectionSchemaName": f"{table.schema_name}s",
        "DisplayName": label(table.label),
        "DisplayCollectionName": label(table.collection_label),
        "Description": label(table.description),
        "PrimaryIdAttribute": table.primary_key,
        "PrimaryNameAttribute": table.primary_name or None,
        "PrimaryImageAttribute": None,
        "ObjectTypeCode": table.type_code,
        "ReportViewName": f"Filtered{table.schema_name}",
        "ExternalName": None,
        "ExternalCollectionName": None,
        "DataSourceId": None,
        "DataProviderId": None,
    }


def _nature(table: Table) -> Item:
    return {
        "OwnershipType": _OWNERSHIP[table.ownership],
        "TableType": "Standard",
        "IsActivity": table.activity,
        "IsActivityParty": False,
        "IsChildEntity": False,
        "IsCustomEntity": table.custom,
        "IsIntersect": table.intersect,
        "IsManaged": not table.custom,
        "IsPrivate": False,
        "IsLogicalEntity": False,
        "IsImportable": True,
        "IsValidForAdvancedFind": not table.intersect,
        "IsStateModelAware": bool(table.states),
        "IsOptimisticConcurrencyEnabled": not table.intersect,
        "IsEnabledForCharts": False,
        "IsBPFEntity": False,
        "IsAIRUpdated": False,
        "IsArchivalEnabled": False,
        "IsRetentionEnabled": False,
        "IntroducedVersion": "1.0.0.0" if table.custom else "5.0.0.0",
        "Privileges": [
            {
                "CanBeBasic": table.owned,
                "CanBeDeep": table.owned,
                "CanBeGlobal": True,
                "CanBeLocal": table.owned,
                "CanBeEntityReference": False,
                "CanBeParentEntityReference": False,
                "Name": privilege_name(right, table),
                "PrivilegeId": privilege_id(privilege_name(right, table)),
                "PrivilegeType": right,
            }
            for right in rights_on(table)
        ],
    }


def _settings(table: Table) -> Item:
    return {
        "ChangeTrackingEnabled": True,
        "ActivityTypeMask": 0,
        "AutoCreateAccessTeams": False,
        "AutoRouteToOwnerQueue": False,
        "EnforceStateTransitions": False,
        "EntityColor": None,
        "EntityHelpUrl": None,
        "EntityHelpUrlEnabled": False,
        "HasActivities": False,
        "HasEmailAddresses": False,
        "HasFeedback": False,
        "HasNotes": False,
        "IsBusinessProcessEnabled": False,
        "IsDocumentManagementEnabled": False,
        "IsInteractionCentricEnabled": False,
        "IsKnowledgeManagementEnabled": False,
        "IsMSTeamsIntegrationEnabled": False,
        "IsOneNoteIntegrationEnabled": False,
        "IsQuickCreateEnabled": False,
        "IsReadingPaneEnabled": True,
        "IsSLAEnabled": False,
        "SyncToExternalSearchIndex": False,
        "UsesBusinessDataLabelTable": False,
        "CanTriggerWorkflow": True,
        "CanBeInManyToMany": managed(not table.intersect, "canbeinmanytomany"),
        "CanBePrimaryEntityInRelationship": managed(not table.intersect, "canbeprimaryentityinrelationship"),
        "CanBeRelatedEntityInRelationship": managed(not table.intersect, "canberelatedentityinrelationship"),
        "CanBeInCustomEntityAssociation": managed(not table.intersect, "canbeincustomentityassociation"),
        "CanChangeHierarchicalRelationship": managed(value=True, name="canchangehierarchicalrelationship"),
        "CanChangeTrackingBeEnabled": managed(value=True, name="canchangetrackingbeenabled"),
        "CanCreateAttributes": managed(not table.intersect, "cancreateattributes"),
        "CanCreateCharts": managed(not table.intersect, "cancreatecharts"),
        "CanCreateForms": managed(not table.intersect, "cancreateforms"),
        "CanCreateViews": managed(not table.intersect, "cancreateviews"),
        "CanEnableSyncToExternalSearchIndex": managed(value=True, name="canenablesynctoexternalsearchindex"),
        "CanModifyAdditionalSettings": managed(value=True, name="canmodifyadditionalsettings"),
        "IsAuditEnabled": managed(value=False, name="canmodifyauditsettings"),
        "IsConnectionsEnabled": managed(value=False, name="canmodifyconnectionsettings"),
        "IsCustomizable": managed(not table.intersect, "iscustomizable"),
        "IsDuplicateDetectionEnabled": managed(value=False, name="canmodifyduplicatedetectionsettings"),
        "IsMailMergeEnabled": managed(value=False, name="canmodifymailmergesettings"),
        "IsMappable": managed(value=True, name="ismappable"),
        "IsOfflineInMobileClient": managed(value=False, name="canmodifymobileclientoffline"),
        "IsReadOnlyInMobileClient": managed(value=False, name="canmodifymobileclientreadonly"),
        "IsRenameable": managed(value=True, name="isrenameable"),
        "IsValidForQueue": managed(value=False, name="canmodifyqueuesettings"),
        "IsVisibleInMobile": managed(value=False, name="canmodifymobilevisibility"),
        "IsVisibleInMobileClient": managed(value=True, name="canmodifymobileclientvisibility"),
    }
