"""Actions that make documents from others, and that fetch or keep their prices."""

from crosstie_sandbox.dataverse.actions.closing import CLOSE_QUOTE, CLOSED_QUOTE, WIN_QUOTE, WON_QUOTE, end
from crosstie_sandbox.dataverse.actions.parameters import body_of, row_of, target_of
from crosstie_sandbox.dataverse.context import Call
from crosstie_sandbox.dataverse.operation import Reply, empty_reply, json_reply
from crosstie_sandbox.dataverse.payload import Changes
from crosstie_sandbox.dataverse.rules.copying import copy_document
from crosstie_sandbox.dataverse.rules.documents import documents
from crosstie_sandbox.dataverse.rules.refusals import wrong_state
from crosstie_sandbox.dataverse.rules.sales import reprice
from crosstie_sandbox.odata.answer import context_url
from crosstie_sandbox.odata.query import QueryOptions

_WON, _REVISED = 4, 7
_ACTIVE_QUOTE = 1


def quote_from_opportunity(call: Call) -> Reply:
    """`GenerateQuoteFromOpportunity`."""
    return _generated(call, "opportunity", "OpportunityId", "quote", {})


def order_from_opportunity(call: Call) -> Reply:
    """`GenerateSalesOrderFromOpportunity`."""
    return _generated(call, "opportunity", "OpportunityId", "salesorder", {})


def invoice_from_opportunity(call: Call) -> Reply:
    """`GenerateInvoiceFromOpportunity`."""
    return _generated(call, "opportunity", "OpportunityId", "invoice", {})


def invoice_from_order(call: Call) -> Reply:
    """`ConvertSalesOrderToInvoice`: the invoice keeps the order's prices."""
    return _generated(call, "salesorder", "SalesOrderId", "invoice", {"ispricelocked": 1})


def order_from_quote(call: Call) -> Reply:
    """`ConvertQuoteToSalesOrder`: an active quote is won by it; the order keeps the quote's prices."""
    body = body_of(call)
    quote = row_of(call, "quote", body.get("QuoteId"))
    row = call.session.platform.read(call.schema.tables["quote"], quote) or {}
    if row["statecode"] == _ACTIVE_QUOTE:
        subject = body.get("QuoteCloseSubject") or "Quote Won (Won)"
        end(call, WIN_QUOTE, quote, body.get("QuoteCloseStatus") or _WON, {"subject": subject})
    elif row["statecode"] != WON_QUOTE:
        raise wrong_state("0x80048408", "The quote cannot be converted because it is neither active nor won.")
    return _generated(call, "quote", "QuoteId", "salesorder", {"ispricelocked": 1})


def revised_quote(call: Call) -> Reply:
    """`ReviseQuote`: a draft with the number of a quote and the next revision; an active one is closed as revised."""
    quote = row_of(call, "quote", body_of(call).get("QuoteId"))
    table = call.schema.tables["quote"]
    row = call.session.platform.read(table, quote) or {}
    if row["statecode"] == _ACTIVE_QUOTE:
        end(call, CLOSE_QUOTE, quote, _REVISED, {"subject": "Quote Revised"})
    elif row["statecode"] != CLOSED_QUOTE:
        raise wrong_state("0x80048408", "The quote cannot be revised because it is neither active nor closed.")
    query = "SELECT max(revisionnumber) + 1 FROM quote WHERE quotenumber = ?"
    (revision,) = call.session.database.execute(query, (row["quotenumber"],)).fetchone()
    given: Changes = {"quotenumber": row["quotenumber"], "revisionnumber": revision}
    return _generated(call, "quote", "QuoteId", "quote", given)


def lock_order_pricing(call: Call) -> Reply:
    """`LockSalesOrderPricing`: the lines keep the prices they have."""
    return _set_lock(call, "salesorder", "SalesOrderId", locked=True)


def unlock_order_pricing(call: Call) -> Reply:
    """`UnlockSalesOrderPricing`: the lines have the prices of the price list again."""
    return _set_lock(call, "salesorder", "SalesOrderId", locked=False)


def lock_invoice_pricing(call: Call) -> Reply:
    """`LockInvoicePricing`."""
    return _set_lock(call, "invoice", "InvoiceId", locked=True)


def unlock_invoice_pricing(call: Call) -> Reply:
    """`UnlockInvoicePricing`."""
    return _set_lock(call, "invoice", "InvoiceId", locked=False)


def calculate_price(call: Call) -> Reply:
    """`CalculatePrice`: prices, amounts and totals of a document anew."""
    if call.address.argument is not None and call.address.rest:
        table, identity = call.table, call.identity()
    else:
        table, identity = target_of(call, body_of(call).get("Target"), *documents())
    call.session.guard.must_on("Write", table, identity)
    reprice(call.session.platform, documents()[table.logical_name], identity)
    return empty_reply()


def _set_lock(call: Call, name: str, parameter: str, *, locked: bool) -> Reply:
    identity = row_of(call, name, body_of(call).get(parameter))
    table = call.schema.tables[name]
    call.session.guard.must_on("Write", table, identity)
    call.session.platform.update(table, identity, {"ispricelocked": int(locked)})
    if not locked:
        reprice(call.session.platform, documents()[name], identity)
    return empty_reply()


def _generated(call: Call, source: str, parameter: str, target: str, given: Changes) -> Reply:
    """Copy the document that a parameter names, and answer with the new one."""
    identity = row_of(call, source, body_of(call).get(parameter))
    session, tables = call.session, call.schema.tables
    session.guard.must_on("Read", tables[source], identity)
    session.guard.must("Create", tables[target])
    link = {tables[source].primary_key: identity} if source != target else {}
    made = copy_document(session.unlocked, source, target, identity, {**link, **given})
    item = call.reader.row(tables[target], made, QueryOptions())
    context = context_url(session.root, f"{tables[target].entity_set}/$entity")
    return json_reply({"@odata.context": context, **item})
