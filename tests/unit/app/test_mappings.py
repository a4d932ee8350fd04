"""Mappings of an installation: what its files may say, and how they are refused."""

from pathlib import Path
from uuid import UUID

import pytest

from crosstie.app.connections import ConnectionDraft
from crosstie.app.mappings import default_mappings, installed_mappings, parse_mappings
from crosstie.app.wiring import connectors_of, open_crosstie
from crosstie.model.errors import SetupError
from crosstie.model.mapping import Operator, Rule, TableMapping
from crosstie.model.schema import Kind
from crosstie.model.words import Direction, MappingName, Side
from crosstie.odata.secret import Secret
from crosstie.rules.conversions import CONVERSIONS

HEAD = """
name = "CUSTOMER"
title = "Customers"
erp_table = "customers"
crm_table = "account"
direction = "bidirectional"
"""
NAME = '[[field]]\nerp = "displayName"\ncrm = "name"\n'


def mapping(text: str) -> TableMapping:
    """The only mapping of a file."""
    return parse_mappings({"own.toml": text}, CONVERSIONS)[MappingName("CUSTOMER")]


def test_rules_are_read_with_their_directions() -> None:
    """A rule goes the way that it says, or that its field goes; the short forms are rules too."""
    text = HEAD + NAME + 'rules = [{rule = "trim", direction = "to"}, {rule = "lookup", table = {A = "B"}}]\n'
    text += (
        '[[field]]\nerp = "state"\ncrm = "new_state"\ndirection = "from"\noptions = {Net30 = 1}\ntime_zone = "UTC"\n'
    )
    first, second = mapping(text).fields

    assert first.rules == (
        Rule(name="trim", direction=Direction.TO_INTEGRATION_TABLE),
        Rule(name="lookup", direction=Direction.BIDIRECTIONAL, arguments=(("table", (("A", "B"),)),)),
    )
    assert [(one.name, one.direction) for one in second.rules] == [
        ("options", Direction.FROM_INTEGRATION_TABLE),
        ("time_zone", Direction.FROM_INTEGRATION_TABLE),
    ]


def test_a_disabled_field_is_kept_and_takes_no_part() -> None:
    """It is read, so that a mistake in it is found, and no column of it is asked for."""
    read = mapping(HEAD + NAME + '[[field]]\nerp = "city"\ncrm = "address1_city"\nstatus = "disabled"\n')

    assert [one.name for one in read.fields] == ["displayName=name"]
    assert [one.name for one in read.disabled_fields] == ["city=address1_city"]
    assert "city" not in read.columns(Side.ERP)


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ('rules = [{rule = "tirm"}]', "there is no transformation rule 'tirm'; did you mean 'trim'?"),
        ('rules = [{rule = "trim"}]', "the rule 'trim' cannot be undone, so it needs a direction"),
        ('rules = [{rule = "trim", direction = "both"}]', "the rule 'trim' cannot be undone"),
        ('rules = [{rule = "trim", direction = "up"}]', "the direction 'up' of the rule 'trim' is not one of"),
        (
            'direction = "to"\nrules = [{rule = "trim", direction = "from"}]',
            "cannot go 'from': its field goes 'to' only",
        ),
        ('direction = "to"\nrules = [{rule = "trim", left = 1}]', "the rule 'trim' does not take 'left'"),
        ('direction = "to"\nrules = [{rule = "substring"}]', "the rule 'substring' needs 'length'"),
        ('direction = "to"\nrules = [{rule = "substring", length = -1}]', "'length' of the rule 'substring' must be"),
        ('direction = "to"\nrules = [{rule = "replace", find = "", with = ""}]', "must not be blank"),
        ('direction = "to"\nrules = [{rule = "regex", find = "(", with = ""}]', "the pattern '(' or its replacement"),
        (
            "direction = \"to\"\nrules = [{rule = \"regex\", find = 'a', with = '\\1'}]",
            "its replacement '\\1' is not right",
        ),
        ('direction = "to"\nrules = [{rule = "regex", find = "(a+)+$", with = ""}]', "could take for ever"),
        ('direction = "to"\nrules = [{rule = "regex", find = "(?=a)", with = ""}]', "could take for ever"),
        (
            f'direction = "to"\nrules = [{{rule = "regex", find = "{"a" * 201}", with = ""}}]',
            "the pattern of the rule 'regex' is longer than 200 characters",
        ),
        ('rules = [{rule = "lookup", table = {A = "C", B = "C"}}]', "has 'C' twice, so it cannot be undone"),
        ('rules = [{rule = "lookup", table = {A = "C"}, default = "drop"}]', "must be one of keep, blank, refuse"),
        ('rules = [{rule = "date_format", format = "%Y"}]', "a date cannot be read back from the format '%Y'"),
        ('rules = [{rule = "decimal_format", decimals = 2, decimal_separator = ""}]', "must be one sign"),
        ('rules = [{rule = "date_format", format = "%Q"}]', "'%Q' is not the format of a date"),
        ('rules = ["trim"]', "'rules' must be a list of tables"),
        ('rules = [{rule = "lookup", table = {a = "C", A = "D"}}]', "has a key twice"),
        ('time_zone = "Europe/Zuerich"', "there is no time zone 'Europe/Zuerich'"),
        ('options = {Net30 = "one"}', "the option of 'Net30' must be a whole number"),
        ('constant = "x"\noptions = {Net30 = 1}', "a field with 'constant' takes no transformation rules"),
        ("clear_on_failed_sync = true", "'clear_on_failed_sync' is for a field with a reference"),
        (
            'clear_on_failed_sync = true\nnot_null = true\nreference = {mapping = "CONTACT"}',
            "'clear_on_failed_sync' clears what 'not_null' keeps; choose one of the two",
        ),
        ('status = "off"', "the status 'off' is neither enabled nor disabled"),
    ],
)
def test_a_rule_that_cannot_be_carried_out_is_refused_when_it_is_read(more: str, says: str) -> None:
    """The message names the file, the field and what is wrong."""
    with pytest.raises(SetupError) as caught:
        mapping(HEAD + NAME + more)

    assert caught.value.message.startswith("own.toml, field")
    assert says in caught.value.message


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('erp_filter = "blocked"', "'erp_filter' must be a table of columns"),
        ("crm_filter = 5", "'crm_filter' must be a table of columns"),
        ("[crm_filter]\nstatecode = [0, 1]", "crm_filter, statecode: give one value"),
        ('[erp_filter]\nblocked = {ne = "All"}', "erp_filter, blocked: give one value"),
        ('[crm_filter]\nstatecode = "Active"', "crm_filter: 'statecode' holds a whole number"),
        ("[erp_filter]\nblocked = 0", "erp_filter: 'blocked' holds a text"),
        ("[crm_filter]\ncreditonhold = 1", "crm_filter: 'creditonhold' holds true or false"),
        ('[erp_filter]\nbloked = "blank"', "no column 'bloked'; did you mean 'blocked'?"),
    ],
)
def test_a_filter_that_can_never_hold_is_refused_when_it_is_read(tmp_path: Path, text: str, says: str) -> None:
    """The message names the file, the column and what it takes."""
    file = write(tmp_path, f"{HEAD}{text}\n{NAME}")

    with pytest.raises(SetupError) as caught:
        installed_mappings(tmp_path, CONVERSIONS)

    assert says in caught.value.message
    assert str(file) in caught.value.message


def test_a_filter_takes_every_kind_of_value(tmp_path: Path) -> None:
    """A name, a number, a truth, a day; a column that is set or blank."""
    filters = {
        "erp": '[erp_filter]\ntype = "Person"\nwebsite = "blank"\nnumber = "set"\ncreditLimit = 5\n',
        "crm": "[crm_filter]\nstatecode = 0\ncreditonhold = false\n",
    }
    write(tmp_path, HEAD + filters["erp"] + filters["crm"] + NAME)

    found = installed_mappings(tmp_path, CONVERSIONS).mappings[MappingName("CUSTOMER")]

    assert [(one.operator, one.value) for one in found.erp_filter] == [
        (Operator.EQUALS, "Person"),
        (Operator.EQUALS, None),
        (Operator.IS_SET, None),
        (Operator.EQUALS, 5),
    ]
    assert [one.value for one in found.crm_filter] == [0, False]


def test_a_match_on_a_disabled_field_is_refused() -> None:
    """Records cannot be coupled by a field that takes no part."""
    with pytest.raises(SetupError, match="match_on names displayName=name, which is no enabled field"):
        mapping(HEAD + 'match_on = ["displayName=name"]\n' + NAME + 'status = "disabled"\n')


def test_a_file_of_the_home_folder_replaces_the_mapping_of_its_name(tmp_path: Path) -> None:
    """The other defaults stay; without the folder there are the defaults alone."""
    assert installed_mappings(tmp_path, CONVERSIONS).mappings == default_mappings(CONVERSIONS)
    write(tmp_path, HEAD + NAME)

    found = installed_mappings(tmp_path, CONVERSIONS).mappings

    assert [one.name for one in found[MappingName("CUSTOMER")].fields] == ["displayName=name"]
    assert found[MappingName("CONTACT")] == default_mappings(CONVERSIONS)[MappingName("CONTACT")]
    assert len(found) == len(default_mappings(CONVERSIONS))


def write(home: Path, text: str) -> Path:
    """A mapping file of the installation."""
    file = home / "mappings" / "own.toml"
    file.parent.mkdir()
    file.write_text(text, "utf-8")
    return file


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (HEAD + '[[field]]\nerp = "city"\ncrm = "new_town"\n', "the CRM table account has no column 'new_town'"),
        (HEAD + '[erp_columns]\nx = {kind = "txt"}\n' + NAME, "erp_columns, x: 'kind' must be one of text, code"),
        (
            HEAD + '[erp_columns]\nx = {kind = "text", lenght = 3}\n' + NAME,
            "'lenght' is not known; did you mean length",
        ),
        (HEAD + '[crm_columns]\nx = {kind = "text", length = "3"}\n' + NAME, "'length' must be a whole number"),
        (HEAD + '[crm_columns]\nx = {kind = "lookup"}\n' + NAME, "a lookup needs 'target'"),
        (HEAD + '[crm_columns]\nx = "text"\n' + NAME, "crm_columns, x: give a table"),
        (HEAD + 'crm_columns = "x"\n' + NAME, "'crm_columns' must be a table of columns by name"),
        (HEAD + "crm_key = 3\n" + NAME, "'crm_key' must be a text"),
        (
            HEAD + '[crm_columns]\nx = {kind = "lookup", target = "new_x"}\n' + NAME,
            "that a lookup points to, lacks 'new_x'",
        ),
        (HEAD.replace('"account"', '"team"') + NAME, "'team' is not known"),
        (
            HEAD.replace('"account"', '"team"') + '[crm_columns]\nname = {kind = "text"}\n' + NAME,
            "lacks 'entity_set'",
        ),
        (HEAD + "= 5", "is not valid TOML"),
    ],
)
def test_a_table_that_is_not_known_is_refused_with_the_files_own_name(tmp_path: Path, text: str, says: str) -> None:
    """What is neither known nor declared is found when the file is read, not by the first request."""
    file = write(tmp_path, text)

    with pytest.raises(SetupError) as caught:
        installed_mappings(tmp_path, CONVERSIONS)

    assert says in caught.value.message
    assert str(file) in caught.value.message


async def test_the_product_opens_its_connectors_with_what_its_home_declares(tmp_path: Path) -> None:
    """Mappings and declared columns of the home folder reach both connectors."""
    own = NAME + '[[field]]\nerp = "extra"\ncrm = "new_extra"\n'
    text = HEAD + '[erp_columns]\nextra = {kind = "text", length = 7}\n[crm_columns]\nnew_extra = {kind = "integer"}\n'
    write(tmp_path, text + own)
    crosstie = open_crosstie(tmp_path)
    draft = ConnectionDraft(
        title="",
        erp={
            "url": "http://erp.example",
            "company_id": str(UUID(int=1)),
            "user": "A",
            "web_service_access_key": Secret("k"),
        },
        crm={
            "url": "http://crm.example",
            "token_url": "http://crm.example/token",
            "client_id": "A",
            "client_secret": Secret("s"),
        },
    )

    async with connectors_of(crosstie, draft) as env:
        erp, crm = await env.erp.describe("customers"), await env.crm.describe("account")

    crosstie.close()
    assert (erp.columns["extra"].length, crm.columns["new_extra"].kind) == (7, Kind.INTEGER)
    assert [one.name for one in env.mappings[MappingName("CUSTOMER")].fields] == ["displayName=name", "extra=new_extra"]
