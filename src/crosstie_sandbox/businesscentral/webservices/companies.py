"""The entity set `Company` of the web services: the one company there is."""

from crosstie_sandbox.businesscentral.calls import Answer, Call
from crosstie_sandbox.businesscentral.database import Database
from crosstie_sandbox.businesscentral.errors import ApiError, no_company
from crosstie_sandbox.businesscentral.webservices.addresses import COMPANY, Target, company_of


def answer(database: Database, call: Call, target: Target) -> Answer:
    """The company itself, or the list that holds it."""
    if call.method != "GET" or target.counted:
        raise ApiError(
            405, "BadRequest_MethodNotAllowed", f"'{call.method}' requests are not supported for '{COMPANY}'."
        )
    shown = {
        "Name": database.company_name,
        "Evaluation_Company": False,
        "Display_Name": database.company_name,
        "Id": database.company_id,
        "Business_Profile_Id": "",
    }
    key = target.segments[0].key
    if key is None:
        return Answer(200, {"@odata.context": f"{call.root}/$metadata#{COMPANY}", "value": [shown]})
    named = company_of(key)
    if named != database.company_name and named.lower() != database.company_id:
        raise no_company(named)
    return Answer(200, {"@odata.context": f"{call.root}/$metadata#{COMPANY}/$entity", **shown})
