"""How many rows tables have."""

import simplejson

from crosstie_sandbox.dataverse.context import Call
from crosstie_sandbox.dataverse.errors import NAMESPACE, ServiceError, bad_request
from crosstie_sandbox.dataverse.operation import Reply, json_reply
from crosstie_sandbox.odata.answer import context_url


def total_record_count(call: Call) -> Reply:
    """The number of rows of each table named, without the limit of other counts."""
    counts: dict[str, int] = {}
    for name in _entity_names(call):
        if name not in call.schema.tables:
            raise ServiceError(400, "0x80041102", f"The entity with a name = '{name}' was not found.")
        counts[name] = int(call.session.database.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0])
    context = context_url(call.session.root, f"{NAMESPACE}.RetrieveTotalRecordCountResponse")
    collection = {"Count": len(counts), "Keys": list(counts), "Values": list(counts.values())}
    return json_reply({"@odata.context": context, "EntityRecordCountCollection": collection})


def _entity_names(call: Call) -> list[str]:
    name, _, text = (call.address.argument or "").partition("=")
    text = call.options.other.get(text, text).replace("'", '"')
    try:
        names = simplejson.loads(text)
    except ValueError:
        names = None
    if name != "EntityNames" or not isinstance(names, list):
        raise bad_request("RetrieveTotalRecordCount needs EntityNames, an array of the logical names of tables.")
    return [str(one) for one in names]
