"""What the documents claim is so."""

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from crosstie.app.mappings import default_mappings, parse_mappings
from crosstie.cli.main import app
from crosstie.connectors.businesscentral import schema as businesscentral
from crosstie.connectors.dataverse import schema as dataverse
from crosstie.model.errors import SetupError
from crosstie.model.reason import SENTENCES, ReasonCode
from crosstie.model.words import Side
from crosstie.rules.conversions import CONVERSIONS
from crosstie_sandbox.hostile.kinds import KINDS

ROOT = Path(__file__).parents[2]


def test_every_command_is_in_the_readme() -> None:
    """A newcomer finds each command where they look first."""
    listed = re.findall(r"^│ ([a-z-]+) ", CliRunner().invoke(app, ["--help"]).output, flags=re.MULTILINE)
    readme = (ROOT / "README.md").read_text("utf-8")
    commands = [name for name in listed if not name.startswith("-")]

    assert len(commands) >= 10
    assert [name for name in commands if not re.search(rf"crosstie .*\b{name}\b", readme)] == []


def test_every_document_that_is_linked_exists() -> None:
    """No link of a document leads nowhere."""
    documents = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    broken = [
        f"{document.name}: {target}"
        for document in documents
        for target in re.findall(r"\]\(([^)#:]+)\)", document.read_text("utf-8"))
        if not (document.parent / target).exists()
    ]

    assert broken == []


def test_every_fault_of_the_sandbox_is_described() -> None:
    """The page about bad weather lists the kinds of faults that there are, in their order."""
    page = (ROOT / "docs" / "how-to" / "try-bad-weather.md").read_text("utf-8")
    listed = page.partition("| kind |")[2]

    assert re.findall(r"^\| `([a-z-]+)`", listed, flags=re.MULTILINE) == list(KINDS)


def test_every_reason_has_a_sentence() -> None:
    """No outcome is explained by a code alone."""
    assert set(SENTENCES) == set(ReasonCode)


def test_every_column_of_the_default_mappings_is_known_to_its_connector() -> None:
    """A typo in a mapping is found here, not by a customer."""
    unknown = [
        f"{mapping.name}: {column}"
        for mapping in default_mappings(CONVERSIONS).values()
        for side, known in (
            (Side.ERP, businesscentral.table_named(mapping.erp_table).schema),
            (Side.CRM, dataverse.table_named(mapping.crm_table).schema),
        )
        for column in mapping.columns(side)
        if column not in known.columns
    ]

    assert unknown == []


MINIMAL = """
name = "X"
title = "X"
erp_table = "customers"
crm_table = "account"
direction = "to"
[[field]]
erp = "number"
crm = "accountnumber"
"""


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (MINIMAL.replace("erp_table", "erp_tabel"), "the key 'erp_tabel' is not known; did you mean 'erp_table'?"),
        (
            MINIMAL + 'conversion = "exchangerate"',
            "there is no conversion 'exchangerate'; did you mean 'exchange_rate'?",
        ),
        (MINIMAL.replace('"to"', '"upwards"'), "'upwards' is not a valid Direction"),
        (MINIMAL + "= 5", "is not valid TOML"),
    ],
)
def test_a_mistake_in_a_mapping_is_named(text: str, says: str) -> None:
    """The message names the file, what is wrong, and the nearest thing that is right."""
    with pytest.raises(SetupError) as caught:
        parse_mappings({"x.toml": text}, CONVERSIONS)

    assert "x.toml" in caught.value.message
    assert says in caught.value.message
