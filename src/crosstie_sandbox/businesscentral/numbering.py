"""Number series: the next free number of a table, and whether a number may be entered by hand."""

from crosstie_sandbox.businesscentral.database import Database
from crosstie_sandbox.businesscentral.errors import dialog
from crosstie_sandbox.businesscentral.page import NumberSeries, Page


def check_manual(database: Database, page: Page) -> None:
    """Refuse a number entered by hand where the series does not allow it."""
    series = page.number_series
    if series is not None and not database.settings.manual_numbers:
        raise dialog(
            "You may not enter numbers manually. If you want to enter numbers manually, "
            f"please activate Manual Nos. in No. Series {series.code}."
        )


def next_number(database: Database, page: Page, series: NumberSeries) -> str:
    """The next number; those that were entered by hand meanwhile are passed over."""
    known = database.connection.execute("SELECT next FROM numberSeries WHERE code = ?", (series.code,)).fetchone()
    value = series.start if known is None else int(known[0])
    while _taken(database, page, series.number(value)):
        value += series.step
    database.connection.execute("REPLACE INTO numberSeries VALUES (?, ?)", (series.code, value + series.step))
    return series.number(value)


def _taken(database: Database, page: Page, number: str) -> bool:
    query = f'SELECT 1 FROM "{page.entity_set}" WHERE "{page.key}" = ?'
    return database.connection.execute(query, (number,)).fetchone() is not None
