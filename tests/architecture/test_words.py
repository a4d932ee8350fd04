"""One word per thing, and nothing in the product that knows it is being tested."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
SOURCES = sorted((ROOT / "src" / "crosstie").rglob("*.py"))
INSTEAD_OF = {
    r"\b(entity_map|object_mapping|sync_config)\b": "integration table mapping",
    r"\bsync(_|\b)": "synch",
    r"\b(record_link|pairing)s?\b": "coupling",
    r"\bdead_letter\b": "skipped record",
}
UNDER_TEST = re.compile(r"PYTEST|_called_from_test|under_test|is_testing|unittest\.mock")
FORBIDDEN_NAMES = {"utils", "helpers", "common", "base", "misc", "manager"}


def test_the_fields_words_are_used() -> None:
    """A wrong word is refused with the right one."""
    assert SOURCES
    wrong = [
        f"{path.name}: say '{right}' for '{found.group()}'"
        for path in SOURCES
        for pattern, right in INSTEAD_OF.items()
        for found in re.finditer(pattern, path.read_text("utf-8"))
    ]

    assert wrong == []


def test_nothing_in_the_product_knows_that_it_is_tested() -> None:
    """There is no test mode."""
    both = [*SOURCES, *(ROOT / "src" / "crosstie_sandbox").rglob("*.py")]

    assert [path.name for path in both if UNDER_TEST.search(path.read_text("utf-8"))] == []


def test_no_module_has_a_name_that_says_nothing() -> None:
    """A reader knows from a name what may live there."""
    names = {path.stem for path in (ROOT / "src").rglob("*.py")} | {path.name for path in (ROOT / "src").rglob("*")}

    assert names & FORBIDDEN_NAMES == set()


def test_modules_stay_small() -> None:
    """400 lines are a smell, 600 would need a decision."""
    long = {path.name: count for path in SOURCES if (count := len(path.read_text("utf-8").splitlines())) > 400}

    assert long == {}
