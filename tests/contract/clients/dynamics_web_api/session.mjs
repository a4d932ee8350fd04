// A session of dynamics-web-api with the server in CRM_URL: every step does what its name says and gives what it saw.
// The last line written is one JSON object of steps; a step that failed has `{"failed": message}`.
import { DynamicsWebApi } from "dynamics-web-api";

const api = new DynamicsWebApi({
    serverUrl: process.env.CRM_URL,
    dataApi: { version: "9.2" },
    onTokenRefresh: async () => process.env.CRM_TOKEN,
});
const ids = {};
const refusal = async (promise) => {
    try {
        return { accepted: await promise };
    } catch (error) {
        return { status: error.status, code: error.code, message: error.message };
    }
};

const steps = {
    create: async () => {
        ids.north = await api.create({ collection: "accounts", data: { name: "Nörd", telephone1: "1" } });
        ids.south = await api.create({ collection: "accounts", data: { name: "Süd" } });
        return Object.values(ids);
    },
    createWithRepresentation: async () => {
        const contact = await api.create({
            collection: "contacts",
            data: { firstname: "Ada", lastname: "Zed", "parentcustomerid_account@odata.bind": `/accounts(${ids.north})` },
            returnRepresentation: true,
            select: ["fullname"],
            expand: [{ property: "parentcustomerid_account", select: ["name"] }],
        });
        ids.ada = contact.contactid;
        return contact;
    },
    createBelow: async () => {
        ids.bo = await api.create({ collection: "contacts", data: { lastname: "Bo", createdon: undefined } });
        return ids.bo;
    },
    retrieve: async () =>
        api.retrieve({
            collection: "accounts",
            key: ids.north,
            select: ["name", "createdon"],
            expand: [{ property: "contact_customer_accounts", select: ["fullname"], orderBy: ["fullname"], top: 5 }],
            includeAnnotations: "*",
        }),
    retrieveFresh: async () => {
        const row = await api.retrieve({ collection: "accounts", key: ids.north, select: ["name"] });
        return api.retrieve({
            collection: "accounts",
            key: ids.north,
            select: ["name"],
            ifnonematch: row["@odata.etag"],
        });
    },
    retrieveAlong: async () =>
        api.retrieve({
            collection: "contacts",
            key: ids.ada,
            navigationProperty: "parentcustomerid_account",
            select: ["name"],
        }),
    retrieveReference: async () =>
        api.retrieve({ collection: "contacts", key: ids.ada, select: ["parentcustomerid_account/$ref"] }),
    retrieveMissing: async () => refusal(api.retrieve({ collection: "accounts", key: ids.north.replace(/^......../, "00000000") })),
    update: async () => {
        const made = await api.update({ collection: "accounts", key: ids.north, data: { telephone1: "2" } });
        const row = await api.update({
            collection: "accounts",
            key: ids.north,
            data: { fax: "3" },
            returnRepresentation: true,
            select: ["fax", "telephone1"],
        });
        return { made, row };
    },
    updateStale: async () =>
        refusal(api.update({ collection: "accounts", key: ids.north, data: { fax: "4" }, ifmatch: 'W/"1"' })),
    updateSingleProperty: async () => {
        await api.updateSingleProperty({ collection: "accounts", key: ids.north, fieldValuePair: { telephone2: "22" } });
        return api.retrieve({ collection: "accounts", key: ids.north, select: ["telephone2"] });
    },
    upsert: async () => {
        ids.made = "11111111-2222-4333-8444-555555555555";
        const created = await api.upsert({
            collection: "accounts",
            key: ids.made,
            data: { name: "Made" },
            returnRepresentation: true,
        });
        const changed = await api.upsert({ collection: "accounts", key: ids.made, data: { name: "Made again" } });
        const prevented = await api.upsert({
            collection: "accounts",
            key: ids.made,
            data: { name: "x" },
            ifnonematch: "*",
        });
        const missing = await api.upsert({
            collection: "accounts",
            key: ids.made.replace("1111", "9999"),
            data: { name: "x" },
            ifmatch: "*",
        });
        return { created: created.name, changed, prevented, missing };
    },
    deleteProperty: async () => {
        await api.deleteRecord({ collection: "accounts", key: ids.north, property: "telephone2" });
        return api.retrieve({ collection: "accounts", key: ids.north, select: ["telephone2"] });
    },
    count: async () => [
        await api.count({ collection: "accounts" }),
        await api.count({ collection: "accounts", filter: "name eq 'süd'" }),
        await api.countAll({ collection: "accounts", filter: "startswith(name,'M')", select: ["name"] }),
    ],
    pages: async () => {
        const names = [];
        const request = { collection: "accounts", select: ["name"], orderBy: ["name"], maxPageSize: 2, count: true };
        let page = await api.retrieveMultiple(request);
        const count = page.oDataCount;
        names.push(...page.value.map((row) => row.name));
        while (page.oDataNextLink) {
            page = await api.retrieveMultiple(request, page.oDataNextLink);
            names.push(...page.value.map((row) => row.name));
        }
        const all = await api.retrieveAll({ ...request, count: undefined, filter: "name ne null" });
        return { names, count, all: all.value.map((row) => row.name) };
    },
    longFilter: async () => {
        const wanted = Array.from({ length: 80 }, (_, number) => `name eq 'no such name ${number}'`);
        const page = await api.retrieveMultiple({
            collection: "accounts",
            select: ["name"],
            filter: [...wanted, "name eq 'Süd'"].join(" or "),
        });
        return page.value.map((row) => row.name);
    },
    lambda: async () => {
        const page = await api.retrieveMultiple({
            collection: "accounts",
            select: ["name"],
            filter: "contact_customer_accounts/any(c:c/lastname eq 'Zed') and telephone1 eq '2'",
        });
        return page.value.map((row) => row.name);
    },
    trackChanges: async () => {
        const request = { collection: "accounts", select: ["name"], trackChanges: true };
        const first = await api.retrieveMultiple(request);
        await api.update({ collection: "accounts", key: ids.south, data: { name: "South" } });
        await api.deleteRecord({ collection: "accounts", key: ids.made });
        const second = await api.retrieveMultiple({ ...request, trackChanges: undefined }, first.oDataDeltaLink);
        return { first: first.value.length, second: second.value.map((row) => row.name ?? row.reason) };
    },
    fetch: async () => {
        const fetchXml =
            "<fetch count='1'><entity name='account'><attribute name='name'/><order attribute='name'/></entity></fetch>";
        const names = [];
        const includeAnnotations = "Microsoft.Dynamics.CRM.fetchxmlpagingcookie";
        let page = await api.fetch({ collection: "accounts", fetchXml, pageNumber: 1, includeAnnotations });
        names.push(...page.value.map((row) => row.name));
        while (page.PagingInfo) {
            page = await api.fetch({
                collection: "accounts",
                fetchXml,
                pageNumber: page.PagingInfo.nextPage,
                pagingCookie: page.PagingInfo.cookie,
                includeAnnotations,
            });
            names.push(...page.value.map((row) => row.name));
        }
        const all = await api.fetchAll({ collection: "accounts", fetchXml, includeAnnotations });
        return { names, all: all.value.map((row) => row.name) };
    },
    apply: async () => {
        const page = await api.retrieveMultiple({
            collection: "contacts",
            apply: "groupby((statecode),aggregate($count as n))",
        });
        return page.value;
    },
    functions: async () => {
        const whoami = await api.callFunction({ functionName: "WhoAmI" });
        ids.user = whoami.UserId;
        const counted = await api.callFunction({
            name: "RetrieveTotalRecordCount",
            parameters: { EntityNames: ["account", "contact"] },
        });
        const bound = await api.callFunction({
            collection: "systemusers",
            key: ids.user,
            functionName: "Microsoft.Dynamics.CRM.RetrieveUserPrivileges",
        });
        return { whoami, counted: counted.EntityRecordCountCollection, privileges: bound.RolePrivileges.length > 100 };
    },
    actions: async () => {
        const made = await api.callAction({
            collection: "contacts",
            actionName: "Microsoft.Dynamics.CRM.CreateMultiple",
            action: {
                Targets: [
                    { lastname: "One", "@odata.type": "Microsoft.Dynamics.CRM.contact" },
                    { lastname: "Two", "@odata.type": "Microsoft.Dynamics.CRM.contact" },
                ],
            },
        });
        const team = await api.create({ collection: "teams", data: { name: "Bridge", teamtype: 0 } });
        ids.team = team;
        await api.callAction({
            collection: "teams",
            key: team,
            actionName: "Microsoft.Dynamics.CRM.AddMembersTeam",
            action: { Members: [{ "@odata.type": "Microsoft.Dynamics.CRM.systemuser", systemuserid: ids.user }] },
        });
        const members = await api.retrieve({
            collection: "teams",
            key: team,
            expand: [{ property: "teammembership_association", select: ["systemuserid"] }],
        });
        return { made: made.Ids.length, members: members.teammembership_association.length };
    },
    winQuote: async () => {
        const quote = await api.create({
            collection: "quotes",
            data: { name: "Offer", "customerid_account@odata.bind": `accounts(${ids.north})` },
        });
        await api.update({ collection: "quotes", key: quote, data: { statecode: 1, statuscode: 2 } });
        await api.callAction({
            actionName: "WinQuote",
            action: {
                QuoteClose: {
                    subject: "Won",
                    "quoteid@odata.bind": `/quotes(${quote})`,
                    "@odata.type": "Microsoft.Dynamics.CRM.quoteclose",
                },
                Status: 4,
            },
        });
        return api.retrieve({ collection: "quotes", key: quote, select: ["statecode", "statuscode"] });
    },
    associate: async () => {
        await api.associate({
            collection: "accounts",
            primaryKey: ids.south,
            relationshipName: "contact_customer_accounts",
            relatedCollection: "contacts",
            relatedKey: ids.ada,
        });
        await api.disassociate({
            collection: "teams",
            primaryKey: ids.team,
            relationshipName: "teammembership_association",
            relatedKey: ids.user,
        });
        const moved = await api.retrieve({ collection: "contacts", key: ids.ada, select: ["_parentcustomerid_value"] });
        await api.disassociateSingleValued({
            collection: "contacts",
            primaryKey: ids.ada,
            navigationProperty: "parentcustomerid_account",
        });
        const left = await api.retrieve({ collection: "contacts", key: ids.ada, select: ["_parentcustomerid_value"] });
        await api.associateSingleValued({
            collection: "contacts",
            primaryKey: ids.ada,
            navigationProperty: "parentcustomerid_account",
            relatedCollection: "accounts",
            relatedKey: ids.north,
        });
        const back = await api.retrieve({ collection: "contacts", key: ids.ada, select: ["_parentcustomerid_value"] });
        const members = await api.retrieve({
            collection: "teams",
            key: ids.team,
            expand: [{ property: "teammembership_association" }],
        });
        return {
            moved: moved._parentcustomerid_value === ids.south,
            left: left._parentcustomerid_value,
            back: back._parentcustomerid_value === ids.north,
            members: members.teammembership_association,
        };
    },
    batch: async () => {
        api.startBatch();
        api.create({ collection: "accounts", data: { name: "In a batch" }, contentId: "1" });
        api.create({
            collection: "contacts",
            data: { lastname: "Of it", "parentcustomerid_account@odata.bind": "$1" },
        });
        api.update({ collection: "accounts", key: ids.south, data: { fax: "77" } });
        const changed = await api.executeBatch();
        api.startBatch();
        api.retrieve({ collection: "accounts", key: ids.south, select: ["fax"] });
        api.retrieveMultiple({ collection: "contacts", select: ["lastname"], filter: "lastname eq 'Of it'" });
        api.count({ collection: "accounts" });
        const read = await api.executeBatch();
        return { changed: changed.length, fax: read[0].fax, rows: read[1].value.length, count: read[2] };
    },
    failingBatch: async () => {
        api.startBatch();
        api.create({ collection: "accounts", data: { name: "Undone" } });
        api.create({ collection: "accounts", data: { nosuch: "x" } });
        let told = null;
        try {
            await api.executeBatch();
        } catch (errors) {
            told = [errors].flat().map((error) => [error.status, error.code]);
        }
        return { told, left: await api.count({ collection: "accounts", filter: "name eq 'Undone'" }) };
    },
    entities: async () => {
        const tables = await api.retrieveEntities({
            select: ["LogicalName", "EntitySetName"],
            filter: "OwnershipType eq Microsoft.Dynamics.CRM.OwnershipTypes'UserOwned' and LogicalName eq 'account'",
        });
        const table = await api.retrieveEntity({
            key: "LogicalName='account'",
            select: ["SchemaName", "PrimaryIdAttribute"],
            expand: [{ property: "Attributes", filter: "LogicalName eq 'name'" }],
        });
        return {
            listed: tables.value.map((one) => one.EntitySetName),
            name: table.SchemaName,
            expanded: table.Attributes.map((one) => one.LogicalName),
        };
    },
    attributes: async () => {
        const choices = await api.retrieveAttributes({
            entityKey: "LogicalName='account'",
            castType: "Microsoft.Dynamics.CRM.PicklistAttributeMetadata",
            select: ["LogicalName"],
            expand: [{ property: "OptionSet", select: ["Options"] }],
        });
        const one = await api.retrieveAttribute({
            entityKey: "LogicalName='account'",
            attributeKey: "LogicalName='name'",
            castType: "Microsoft.Dynamics.CRM.StringAttributeMetadata",
            select: ["MaxLength"],
        });
        return { choices: choices.value.every((found) => found.OptionSet.Options.length > 0), length: one.MaxLength };
    },
    relationships: async () => {
        const one = await api.retrieveRelationship({
            key: "SchemaName='contact_customer_accounts'",
            castType: "Microsoft.Dynamics.CRM.OneToManyRelationshipMetadata",
        });
        const many = await api.retrieveRelationships({
            castType: "Microsoft.Dynamics.CRM.ManyToManyRelationshipMetadata",
            select: ["SchemaName"],
        });
        return {
            referencing: one.ReferencingEntity,
            many: many.value.map((found) => found.SchemaName).includes("systemuserroles_association"),
        };
    },
    makeTable: async () => {
        const label = (text) => ({ LocalizedLabels: [{ Label: text, LanguageCode: 1033 }] });
        const key = await api.createEntity({
            data: {
                "@odata.type": "Microsoft.Dynamics.CRM.EntityMetadata",
                SchemaName: "new_Widget",
                DisplayName: label("Widget"),
                DisplayCollectionName: label("Widgets"),
                OwnershipType: "UserOwned",
                HasNotes: false,
                HasActivities: false,
                Attributes: [
                    {
                        "@odata.type": "Microsoft.Dynamics.CRM.StringAttributeMetadata",
                        SchemaName: "new_Name",
                        IsPrimaryName: true,
                        MaxLength: 100,
                        FormatName: { Value: "Text" },
                        RequiredLevel: { Value: "None" },
                        DisplayName: label("Name"),
                    },
                ],
            },
        });
        await api.createAttribute({
            entityKey: key,
            data: {
                "@odata.type": "Microsoft.Dynamics.CRM.IntegerAttributeMetadata",
                SchemaName: "new_Size",
                RequiredLevel: { Value: "None" },
                DisplayName: label("Size"),
                MinValue: 0,
                MaxValue: 10,
                Format: "None",
            },
        });
        const row = await api.create({
            collection: "new_widgets",
            data: { new_name: "W", new_size: 7 },
            returnRepresentation: true,
            select: ["new_name", "new_size"],
        });
        const refused = await refusal(api.create({ collection: "new_widgets", data: { new_size: 11 } }));
        return { name: row.new_name, size: row.new_size, refused: refused.status };
    },
    optionSets: async () => {
        const label = (text) => ({ LocalizedLabels: [{ Label: text, LanguageCode: 1033 }] });
        await api.createGlobalOptionSet({
            data: {
                "@odata.type": "Microsoft.Dynamics.CRM.OptionSetMetadata",
                Name: "new_colours",
                OptionSetType: "Picklist",
                DisplayName: label("Colours"),
                Options: [{ Value: 1, Label: label("Red") }, { Value: 2, Label: label("Blue") }],
            },
        });
        const set = await api.retrieveGlobalOptionSet({ key: "Name='new_colours'" });
        await api.deleteGlobalOptionSet({ key: "Name='new_colours'" });
        return set.Options.map((option) => option.Value);
    },
    files: async () => {
        await api.createAttribute({
            entityKey: "LogicalName='account'",
            data: {
                "@odata.type": "Microsoft.Dynamics.CRM.FileAttributeMetadata",
                SchemaName: "new_Doc",
                DisplayName: { LocalizedLabels: [{ Label: "Doc", LanguageCode: 1033 }] },
                RequiredLevel: { Value: "None" },
                MaxSizeInKB: 32768,
            },
        });
        const data = Buffer.alloc(5 * 1024 * 1024, "ä");
        const file = { collection: "accounts", key: ids.north, property: "new_doc" };
        await api.uploadFile({ ...file, data, fileName: "large.bin" });
        const found = await api.downloadFile(file);
        await api.deleteRecord(file);
        const empty = await api.retrieve({ collection: "accounts", key: ids.north, select: ["new_doc"] });
        return {
            name: found.fileName,
            size: found.fileSize,
            same: Buffer.compare(data, Buffer.from(found.data)) === 0,
            empty: empty.new_doc,
        };
    },
    csdl: async () => (await api.retrieveCsdlMetadata()).slice(0, 200),
    deleteRecord: async () => {
        await api.deleteRecord({ collection: "contacts", key: ids.bo });
        return refusal(api.deleteRecord({ collection: "contacts", key: ids.bo }));
    },
};

const seen = {};
for (const [name, step] of Object.entries(steps)) {
    try {
        seen[name] = (await step()) ?? null;
    } catch (error) {
        seen[name] = { failed: String(error.message), status: error.status };
    }
}
console.log(JSON.stringify(seen));
