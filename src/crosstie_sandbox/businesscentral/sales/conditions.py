"""What a document gets from the tables of the company: VAT rates, exchange rates, rounding and due dates."""

from datetime import date
from decimal import Decimal

from crosstie_sandbox.businesscentral.database import Database
from crosstie_sandbox.businesscentral.errors import ApiError
from crosstie_sandbox.businesscentral.page import pages, tables
from crosstie_sandbox.businesscentral.rows import Row, find
from crosstie_sandbox.businesscentral.sales.amounts import LOCAL_PRECISION, ONE, ZERO, product, quotient
from crosstie_sandbox.businesscentral.sales.dates import DateFormulaError, move
from crosstie_sandbox.businesscentral.sales.line import Vat
from crosstie_sandbox.businesscentral.sales.stored import number
from crosstie_sandbox.businesscentral.sales.totals import Terms
from crosstie_sandbox.businesscentral.values import ZERO_GUID

_LONGEST_CHAIN = 4


def terms_of(database: Database, header: Row) -> Terms:
    """How the amounts of a document are rounded and what its prices include."""
    return Terms(precision_of(database, str(header["currencyId"])), bool(header["pricesIncludeTax"]))


def precision_of(database: Database, currency_id: str) -> Decimal:
    """The smallest step of an amount; cents in the local currency and where a currency says nothing."""
    currency = None if currency_id == ZERO_GUID else find(database, pages()["currencies"], id=currency_id)
    return (ZERO if currency is None else number(currency, "amountRoundingPrecision")) or LOCAL_PRECISION


def vat_of(database: Database, business_group: str, product_group: str) -> Vat:
    """The VAT for a customer's and an item's posting group; none where one of them has none."""
    if business_group == "" or product_group == "":
        return Vat("", ZERO)
    setup = find(database, tables()["vatPostingSetup"], businessGroup=business_group, productGroup=product_group)
    if setup is None:
        raise ApiError(
            400,
            "Internal_RecordNotFound",
            "The VAT Posting Setup does not exist. Identification fields and values: "
            f"VAT Bus. Posting Group='{business_group}',VAT Prod. Posting Group='{product_group}'",
        )
    return Vat(str(setup["identifier"] or product_group), number(setup, "percent"))


def units_of_currency(database: Database, code: str, on: date) -> Decimal:
    """How many units of a currency one unit of local currency is worth on a day; 1 for the local currency itself."""
    factor = ONE
    for _ in range(_LONGEST_CHAIN):
        if code in {"", database.local_currency}:
            return factor
        rate = database.connection.execute(
            'SELECT "exchangeRateAmount", "relationalExchangeRateAmount", "relationalCurrencyCode" '
            'FROM "currencyExchangeRates" WHERE "currencyCode" = ? AND "startingDate" <= ? '
            'ORDER BY "startingDate" DESC LIMIT 1',
            (code, on.isoformat()),
        ).fetchone()
        if rate is None or not Decimal(rate[0]) or not Decimal(rate[1]):
            break
        factor = product(factor, quotient(Decimal(rate[0]), Decimal(rate[1])))
        code = rate[2]
    raise ApiError(
        400,
        "Internal_DataNotFoundFilter",
        "There is no Currency Exchange Rate within the filter. "
        f"Filters: Currency Code: {code}, Starting Date: ..{on.isoformat()}",
    )


def due_date(database: Database, payment_terms_id: str, document_date: date) -> date:
    """When a document is to be paid."""
    terms = None if payment_terms_id == ZERO_GUID else find(database, pages()["paymentTerms"], id=payment_terms_id)
    formula = "" if terms is None else str(terms["dueDateCalculation"])
    try:
        return move(document_date, formula)
    except DateFormulaError:
        raise ApiError(
            400, "Application_EvaluateException", f"The date formula '{formula}' of the payment terms is not valid."
        ) from None
