"""Solutions as ZIP files, written by hand the way the vendor writes them."""

from base64 import b64encode
from io import BytesIO
from zipfile import ZipFile

ROLE = "74040c3e-6af5-5102-89bf-1826044422cc"
_TYPES = '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>'
_MANIFEST = """<ImportExportXml version="9.2.0.0" SolutionPackageVersion="9.2" languagecode="1033">
<SolutionManifest><UniqueName>Workshop</UniqueName>
<LocalizedNames><LocalizedName description="Workshop" languagecode="1033"/></LocalizedNames><Descriptions/>
<Version>{version}</Version><Managed>{managed}</Managed>
<Publisher><UniqueName>alpine</UniqueName>
<LocalizedNames><LocalizedName description="Alpine" languagecode="1033"/></LocalizedNames><Descriptions/>
<CustomizationPrefix>alp</CustomizationPrefix><CustomizationOptionValuePrefix>71234</CustomizationOptionValuePrefix>
</Publisher>
<RootComponents>{roots}</RootComponents><MissingDependencies/></SolutionManifest></ImportExportXml>"""
_ROOTS = (
    '<RootComponent type="1" schemaName="alp_machine" behavior="0"/>'
    '<RootComponent type="1" schemaName="account" behavior="2"/>'
    f'<RootComponent type="20" id="{{{ROLE}}}" behavior="0"/>'
)
_CUSTOMIZATIONS = f"""<ImportExportXml>
<Entities>
 <Entity><Name LocalizedName="Machine" OriginalName="Machine">alp_Machine</Name><EntityInfo><entity Name="alp_Machine">
  <LocalizedNames><LocalizedName description="Machine" languagecode="1033"/></LocalizedNames>
  <LocalizedCollectionNames><LocalizedCollectionName description="Machines" languagecode="1033"/>
  </LocalizedCollectionNames>
  <attributes>
   <attribute PhysicalName="alp_MachineId"><Type>primarykey</Type><IsCustomField>0</IsCustomField></attribute>
   <attribute PhysicalName="alp_Name"><Type>nvarchar</Type><LogicalName>alp_name</LogicalName>
    <RequiredLevel>required</RequiredLevel><DisplayMask>PrimaryName|ValidForForm</DisplayMask>
    <MaxLength>40</MaxLength><displaynames><displayname description="Name" languagecode="1033"/></displaynames>
   </attribute>
   <attribute PhysicalName="alp_Price"><Type>money</Type><Accuracy>2</Accuracy><MinValue>0</MinValue></attribute>
   <attribute PhysicalName="alp_Size"><Type>picklist</Type><OptionSetName>alp_size</OptionSetName></attribute>
   <attribute PhysicalName="alp_AccountId"><Type>lookup</Type><LogicalName>alp_accountid</LogicalName></attribute>
  </attributes>
  <EntitySetName>alp_machines</EntitySetName><OwnershipTypeMask>OrgOwned</OwnershipTypeMask>
  <EntityKeys><EntityKey><Name>alp_Name_Key</Name><LogicalName>alp_name_key</LogicalName>
   <EntityKeyAttributes><AttributeName>alp_name</AttributeName></EntityKeyAttributes></EntityKey></EntityKeys>
 </entity></EntityInfo></Entity>
 <Entity><Name LocalizedName="Account" OriginalName="">Account</Name><EntityInfo><entity Name="Account"><attributes>
   <attribute PhysicalName="alp_Rating"><Type>int</Type><MinValue>0</MinValue><MaxValue>5</MaxValue></attribute>
   {{extra}}
 </attributes></entity></EntityInfo></Entity>
</Entities>
<Roles><Role id="{{{{{ROLE}}}}}" name="Mechanic"><RolePrivileges>
  <RolePrivilege name="prvReadalp_Machine" level="Global"/><RolePrivilege name="prvReadAccount" level="Basic"/>
</RolePrivileges></Role></Roles>
<EntityRelationships>
 <EntityRelationship Name="alp_account_machine"><EntityRelationshipType>OneToMany</EntityRelationshipType>
  <ReferencingEntityName>alp_Machine</ReferencingEntityName><ReferencedEntityName>Account</ReferencedEntityName>
  <CascadeDelete>Restrict</CascadeDelete><ReferencingAttributeName>alp_AccountId</ReferencingAttributeName>
 </EntityRelationship>
 <EntityRelationship Name="alp_machine_contact"><EntityRelationshipType>ManyToMany</EntityRelationshipType>
  <FirstEntityName>alp_Machine</FirstEntityName><SecondEntityName>Contact</SecondEntityName>
  <IntersectEntityName>alp_machine_contact</IntersectEntityName></EntityRelationship>
</EntityRelationships>
<optionsets><optionset Name="alp_size" localizedName="Size"><OptionSetType>picklist</OptionSetType><options>
 <option value="712340000"><labels><label description="Small" languagecode="1033"/></labels></option>
 <option value="712340001"><labels><label description="Large" languagecode="1033"/></labels></option>
</options></optionset></optionsets>
<WebResources><WebResource><WebResourceId>{{{{0b5a3ba3-1d0c-4d52-a3d4-5a3cf34c6a01}}}}</WebResourceId>
 <Name>alp_/scripts/machine.js</Name><DisplayName>Machine</DisplayName><WebResourceType>3</WebResourceType>
 <FileName>/WebResources/alp_scriptsmachine</FileName></WebResource></WebResources>
<Languages><Language>1033</Language></Languages></ImportExportXml>"""
NOTE = '<attribute PhysicalName="alp_Note"><Type>ntext</Type><MaxLength>500</MaxLength></attribute>'
SCRIPT = b"export const machine = 1;\n"


def workshop(*, version: str = "1.0.0.0", managed: bool = True, extra: str = "", **files: bytes) -> str:
    """A solution in base64: a table with all that belongs to it, columns of account, a role and a script."""
    content = {
        "[Content_Types].xml": _TYPES.encode(),
        "solution.xml": _MANIFEST.format(version=version, managed=int(managed), roots=_ROOTS).encode(),
        "customizations.xml": _CUSTOMIZATIONS.format(extra=extra).encode(),
        "WebResources/alp_scriptsmachine": SCRIPT,
        **{name.replace("_xml", ".xml"): text for name, text in files.items()},
    }
    return zipped(content)


def zipped(content: dict[str, bytes]) -> str:
    """Files as a ZIP in base64."""
    buffer = BytesIO()
    with ZipFile(buffer, "w") as archive:
        for name, text in content.items():
            archive.writestr(name, text)
    return b64encode(buffer.getvalue()).decode()
