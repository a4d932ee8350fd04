"""Which company is wanted, and the note in the state folder that says which one is there."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from importlib.resources import as_file, files
from pathlib import Path

from crosstie_sandbox.company.adventureworks import is_adventureworks, read_adventureworks
from crosstie_sandbox.company.data import CompanyData, CompanyDataError, Problem
from crosstie_sandbox.company.fiction import Chance
from crosstie_sandbox.company.folder import is_company_folder, read_folder
from crosstie_sandbox.company.generate import generate

ChanceOfSeed = Callable[[int, str], Chance]


@dataclass(frozen=True, slots=True)
class Choice:
    """A folder, or a size and a seed, or neither for the small company of the package."""

    folder: str | None = None
    count: int | None = None
    seed: int | None = None

    @property
    def text(self) -> str:
        """The choice in words."""
        if self.folder is not None:
            return f"the folder {self.folder}"
        if self.count is not None:
            return f"{self.count} generated customers with seed {self.seed}"
        return "the small company of the package"

    def note(self) -> dict[str, object]:
        """The choice as it is written down."""
        return asdict(self)


def read(choice: Choice, chance_of: ChanceOfSeed) -> CompanyData:
    """The rows of a company; raises CompanyDataError."""
    if choice.count is not None:
        seed = choice.seed or 0
        return generate(choice.count, lambda name: chance_of(seed, name))
    if choice.folder is None:
        with as_file(files("crosstie_sandbox.company").joinpath("small")) as folder:
            return read_folder(folder)
    folder = Path(choice.folder)
    if is_adventureworks(folder):
        return read_adventureworks(folder)
    if is_company_folder(folder):
        return read_folder(folder)
    what = "the folder does not exist" if not folder.is_dir() else "no erp/ or crm/ folder with CSV files is in it"
    raise CompanyDataError([Problem(str(folder), None, "", "", what)])
