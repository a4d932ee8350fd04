"""Names of published pages on the wire, and the addresses of their records."""

import pytest

from crosstie_sandbox.businesscentral.errors import ApiError
from crosstie_sandbox.businesscentral.published_page import exposed_name, published_pages
from crosstie_sandbox.businesscentral.webservices.addresses import Segment, Target, find_target
from crosstie_sandbox.odata.errors import ODataSyntaxError


@pytest.mark.parametrize(
    ("name", "exposed"),
    [
        ("No.", "No"),
        ("E-Mail", "E_Mail"),
        ("Credit Limit (LCY)", "Credit_Limit_LCY"),
        ("Country/Region Code", "Country_Region_Code"),
        ("Profit %", "Profit_Percent"),
        ("Line Discount %", "Line_Discount_Percent"),
        ("Qty. per Unit of Measure", "Qty_per_Unit_of_Measure"),
        ("Related to Base Unit of Meas.", "Related_to_Base_Unit_of_Meas"),
        ("VAT Bus. Posting Gr. (Price)", "VAT_Bus_Posting_Gr_Price"),
        ("Price/Profit Calculation", "Price_Profit_Calculation"),
        ("Customer's No.", "Customer_x0027_s_No"),
        ("SourceType", "SourceType"),
        ("Chart of Accounts", "Chart_of_Accounts"),
    ],
)
def test_exposed_names(name: str, exposed: str) -> None:
    """Blanks, hyphens and slashes become underscores, dots and parentheses go, percent and apostrophe are spelled."""
    assert exposed_name(name) == exposed


@pytest.mark.parametrize(
    ("number", "names"),
    [
        (7, "Code Description Price_Calculation_Method Allow_Line_Disc Allow_Invoice_Disc Price_Includes_VAT"),
        (
            7016,
            "Code Description SourceType SourceNo AssignToNo PriceIncludesVAT AmountType Status CurrencyCode",
        ),
        (
            7015,
            "Code Description Status Allow_Updating_Defaults Defines Currency_Code SourceType Starting_Date",
        ),
        (
            7001,
            "Price_List_Code Line_No Asset_Type Asset_No Product_No Unit_of_Measure_Code Minimum_Quantity Unit_Price",
        ),
        (
            76,
            "No Name Name_2 Type Base_Unit_of_Measure Direct_Unit_Cost Indirect_Cost_Percent Unit_Cost Profit_Percent",
        ),
        (5404, "Item_No Code Qty_per_Unit_of_Measure Height Width Length Cubage Weight Coupled_to_Dataverse"),
        (210, "Resource_No Code Qty_per_Unit_of_Measure Related_to_Base_Unit_of_Meas Coupled_to_Dataverse"),
        (
            21,
            "No Name Fax_No Shipping_Agent_Code Primary_Contact_No ContactName Customer_Price_Group Payment_Terms_Code",
        ),
        (5050, "No First_Name Middle_Name Surname Salesperson_Code Salutation_Code Pager Fax_No Company_No"),
    ],
)
def test_pages_have_the_vendors_names(number: int, names: str) -> None:
    """Every page has the controls that the integration reads, named as the vendor's page names them."""
    assert set(names.split()) <= set(published_pages()[number].controls)


def test_keys_are_shown() -> None:
    """The key of every page is made of its controls, and each part's page has the controls it is tied by."""
    for page in published_pages().values():
        assert set(page.keys) <= set(page.controls)
        for part in page.parts.values():
            assert set(part.on) <= set(published_pages()[part.page].controls)
            assert set(part.on.values()) <= set(page.controls)


ID = "6c1c2dc4-0d8f-4b5b-9d0a-000000000001"
TYPED = Segment("Set", (("Type", "="), ("Line_No", -10)))


@pytest.mark.parametrize(
    ("path", "target"),
    [
        ("", Target(None)),
        ("$metadata", Target(None, (Segment("$metadata"),))),
        ("Company('A, Inc.')/Set", Target("A, Inc.", (Segment("Set"),))),
        (f"Company(Id={ID})/Set/$count", Target(ID, (Segment("Set"),), counted=True)),
        ("Set(No='O''Neil')", Target(None, (Segment("Set", (("No", "O'Neil"),)),))),
        ("Set('a/b','x,y')", Target(None, (Segment("Set", ((None, "a/b"), (None, "x,y"))),))),
        ("Set(Type='=',Line_No=-10)/Part(3)", Target(None, (TYPED, Segment("Part", ((None, 3),))))),
        ("Set(2026-01-02)", Target(None, (Segment("Set", ((None, "2026-01-02"),)),))),
    ],
)
def test_addresses(path: str, target: Target) -> None:
    """An address is taken apart with respect to quotes."""
    assert find_target(path) == target


@pytest.mark.parametrize("path", ["Set(a b)", "Set(No=)", "Set('a)", "1Set", "Set('a''')x", "Set(No=='a')", "Set(,)"])
def test_addresses_that_cannot_be_read(path: str) -> None:
    """What is no address is refused, never an error of the server."""
    with pytest.raises((ApiError, ODataSyntaxError)):
        find_target(path)
