"""The state folder: one company (two SQLite files and a note which one it is), credentials, a lock.

A company is built in `loading-*` and renamed to `company` when it is complete, so a load that was killed leaves
nothing that could be taken for one.
"""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import simplejson
from filelock import FileLock, Timeout

from crosstie_sandbox.businesscentral.database import Clock, IdSource
from crosstie_sandbox.company.build import CRM_FILE, ERP_FILE, build
from crosstie_sandbox.company.choose import ChanceOfSeed, Choice, read
from crosstie_sandbox.company.data import CompanyDataError
from crosstie_sandbox.problems import StartError
from crosstie_sandbox.secret_file import write_secret
from crosstie_sandbox.sign_in.directory import SecretSource, complete, credentials
from crosstie_sandbox.token import Credentials

_COMPANY = "company"
_NOTE = "company.json"
_CREDENTIALS = "credentials.json"
_FORMAT = 2
"""Grows when the two databases change so that an older program could not serve them."""


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Keep other processes away from a state folder, which is made if need be."""
    with writing_to(folder):
        folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder / ".lock")
        try:
            lock.acquire(timeout=0)
        except Timeout:
            raise StartError(
                "state_in_use",
                f"The state folder {folder} is in use by another sandbox.",
                "Stop that one, or give this one a folder of its own with --state.",
            ) from None
    with lock:
        yield


@contextmanager
def writing_to(folder: Path) -> Iterator[None]:
    """Say which folder it is when reading or writing it fails."""
    try:
        yield
    except (OSError, sqlite3.Error) as reason:
        why = getattr(reason, "strerror", None) or reason
        raise StartError(
            "state_unusable",
            f"The state folder {folder} cannot be used: {why}.",
            "Give a folder that you may write with --state, and see that its disk has room.",
        ) from reason


def prepare(
    folder: Path,
    choice: Choice | None,
    *,
    reset: bool,
    clock: Clock,
    ids: IdSource,
    chance_of: ChanceOfSeed,
) -> tuple[Path, Path]:
    """The files of the CRM and the ERP, of the company that is there or of one that is loaded now."""
    company = folder / _COMPANY
    _sweep(folder)
    if company.exists() and not reset:
        _check_choice(folder, company, choice)
    else:
        _load(folder, company, choice or Choice(), clock=clock, ids=ids, chance_of=chance_of)
    return company / CRM_FILE, company / ERP_FILE


def _sweep(folder: Path) -> None:
    """Remove what a killed load left behind."""
    for leftover in (*folder.glob("loading-*"), *folder.glob("replaced-*")):
        shutil.rmtree(leftover)


def _check_choice(folder: Path, company: Path, choice: Choice | None) -> None:
    note = _read_json(company / _NOTE)
    if note.get("format") != _FORMAT:
        raise StartError(
            "other_version",
            f"The company in {folder} was made by another version of the sandbox (format {note.get('format')}; "
            f"this one reads format {_FORMAT}). Nothing was changed.",
            "Use the version that made it, add --reset to replace the company, or give another folder with --state.",
        )
    there = Choice(note.get("folder"), note.get("count"), note.get("seed"))
    if choice is not None and choice != there:
        raise StartError(
            "other_company",
            f"The state folder {folder} already holds a company, made from {there.text}; "
            f"you asked for {choice.text}. Nothing was changed.",
            "Leave the data options out to serve the company that is there, add --reset to replace it, "
            "or give another folder with --state.",
        )


def _load(folder: Path, company: Path, choice: Choice, *, clock: Clock, ids: IdSource, chance_of: ChanceOfSeed) -> None:
    loading = folder / f"loading-{ids()}"
    loading.mkdir()
    try:
        build(loading, read(choice, chance_of), clock=clock, ids=ids)
    except CompanyDataError as refusal:
        shutil.rmtree(loading)
        raise StartError(
            "bad_data", str(refusal), "Correct the files and start again; a company that was there is still there."
        ) from None
    except BaseException:
        shutil.rmtree(loading, ignore_errors=True)
        raise
    (loading / _NOTE).write_text(simplejson.dumps({"format": _FORMAT, **choice.note()}), encoding="utf-8")
    if company.exists():
        company.rename(folder / f"replaced-{ids()}")
    loading.rename(company)
    _sweep(folder)


def _read_json(path: Path) -> dict[str, Any]:
    try:
        found = simplejson.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        found = None
    if isinstance(found, dict):
        return found
    raise StartError(
        "state_unusable", f"The file {path} is damaged.", "Remove it, or give another folder with --state."
    )


def credentials_of(folder: Path, *, ids: IdSource, secret: SecretSource, access_key: SecretSource) -> Credentials:
    """Who may call, of a state folder: made once and readable by its owner only."""
    path = folder / _CREDENTIALS
    kept = _read_json(path) if path.exists() else {}
    made = complete(kept, ids=ids, secret=secret, access_key=access_key)
    if made != kept:
        write_secret(path, simplejson.dumps(made, indent=2).encode())
    return credentials(made)
