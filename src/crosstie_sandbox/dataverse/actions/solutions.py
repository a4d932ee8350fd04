"""Actions on solutions: staging, importing at once or as a job, exporting, and what an import came to."""

from base64 import b64decode, b64encode
from binascii import Error as BadBase64
from collections.abc import Callable
from html import escape

from crosstie_sandbox.dataverse.actions.parameters import Body, body_of, function_parameters, part
from crosstie_sandbox.dataverse.context import Call
from crosstie_sandbox.dataverse.errors import NAMESPACE, ServiceError, bad_request, row_missing
from crosstie_sandbox.dataverse.operation import Reply, empty_reply, json_reply
from crosstie_sandbox.dataverse.payload import Changes
from crosstie_sandbox.dataverse.solutions.components import Component, add_component, solution_named
from crosstie_sandbox.dataverse.solutions.exporting import export_solution
from crosstie_sandbox.dataverse.solutions.importing import import_solution, missing_dependencies
from crosstie_sandbox.dataverse.solutions.package import Package, read_package
from crosstie_sandbox.odata.answer import context_url

_IMPORT, _EXPORT = 203, 202
_SUCCEEDED, _FAILED, _COMPLETED = 30, 31, 3
_STAGED = (
    "CREATE TABLE IF NOT EXISTS staged_solution"
    " (id TEXT PRIMARY KEY, content BLOB NOT NULL, exported INTEGER NOT NULL DEFAULT 0)"
)


def stage_solution(call: Call) -> Reply:
    """Keep a file for a later import, and say what it is and what it lacks."""
    call.session.guard.must_have("prvImportCustomization")
    content = _decoded(body_of(call).get("CustomizationFile"))
    package = read_package(content)
    identity = _keep(call, content)
    lacking = missing_dependencies(call.session.platform, package)
    results = {
        "StageSolutionUploadId": identity,
        "StageSolutionStatus": "Failed" if lacking else "Passed",
        "SolutionValidationResults": [],
        "MissingDependencies": [{"RequiredComponentSchemaName": one} for one in lacking],
        "SolutionDetails": {
            "SolutionUniqueName": package.name,
            "SolutionFriendlyName": package.label,
            "SolutionVersion": package.version_text,
            "IsManaged": package.managed,
        },
        "SolutionComponentsDetails": [],
    }
    return _answer(call, "StageSolutionResponse", StageSolutionResults=results)


def import_now(call: Call) -> Reply:
    """Import and answer when it is done; a refusal leaves nothing behind."""
    call.session.guard.must_have("prvImportCustomization")
    body = body_of(call)
    package = read_package(_content(call, body))
    import_solution(call.session.platform, package)
    _note(call, str(body.get("ImportJobId") or call.session.database.ids()), package, None)
    return empty_reply()


def import_as_job(call: Call) -> Reply:
    """Import and answer with the ids of jobs that say how it went."""
    return _imported(call, "ImportSolutionAsyncResponse", upgrade=False)


def stage_and_upgrade(call: Call) -> Reply:
    """Import as a job, and remove what the version before had besides."""
    return _imported(call, "StageAndUpgradeAsyncResponse", upgrade=True)


def import_result(call: Call) -> Reply:
    """`RetrieveSolutionImportResult`: how an import went."""
    wanted = str(function_parameters(call).get("ImportJobId") or call.options.other.get("ImportJobId") or "").lower()
    query = "SELECT data FROM main.importjob WHERE importjobid = ?"
    found = call.session.database.execute(query, (wanted,)).fetchone()
    if found is None:
        raise row_missing("importjob", wanted)
    trouble = str(found[0] or "").partition('errortext="')[2].partition('"')[0]
    result = {
        "Status": "Failed" if trouble else "Passed",
        "WarningMessages": [],
        "ErrorMessages": [trouble] if trouble else [],
    }
    return _answer(call, "RetrieveSolutionImportResultResponse", SolutionOperationResult=result)


def export_now(call: Call) -> Reply:
    """The ZIP of a solution."""
    content = _exported(call, body_of(call))
    return _answer(call, "ExportSolutionResponse", ExportSolutionFile=b64encode(content).decode())


def export_as_job(call: Call) -> Reply:
    """Export as a job; the file is downloaded by its id."""
    body = body_of(call)
    identity = ""

    def work() -> None:
        nonlocal identity
        identity = _keep(call, _exported(call, body), exported=True)

    job = _job(call, "ExportSolutionAsync", _EXPORT, work)[0]
    return _answer(call, "ExportSolutionAsyncResponse", AsyncOperationId=job, ExportJobId=identity or job)


def download_export(call: Call) -> Reply:
    """`DownloadSolutionExportData`: the file of an export job."""
    wanted = str(body_of(call).get("ExportJobId")).lower()
    return _answer(
        call,
        "DownloadSolutionExportDataResponse",
        ExportSolutionFile=b64encode(_staged(call, wanted, exported=True)).decode(),
    )


def add_solution_component(call: Call) -> Reply:
    """`AddSolutionComponent`: let something that is there belong to an unmanaged solution."""
    call.session.guard.must_have("prvImportCustomization")
    body = body_of(call)
    kind, identity = part(body, "ComponentType", int), part(body, "ComponentId", str).lower()
    solution = solution_named(call.session.database, part(body, "SolutionUniqueName", str))
    if kind not in set(Component):
        raise bad_request(f"Components of the type {kind} cannot be added to a solution here.")
    add_component(call.session.platform, solution, Component(kind), identity)
    return _answer(call, "AddSolutionComponentResponse", id=identity)


def _imported(call: Call, response: str, *, upgrade: bool) -> Reply:
    call.session.guard.must_have("prvImportCustomization")
    body = body_of(call)
    key = str(body.get("ImportJobId") or call.session.database.ids()).lower()
    found: list[Package] = []

    def work() -> None:
        found.append(read_package(_content(call, body)))
        import_solution(call.session.platform, found[0], upgrade=upgrade)

    job, trouble = _job(call, response.removesuffix("Response"), _IMPORT, work)
    _note(call, key, found[0] if found else None, trouble)
    return _answer(call, response, ImportJobKey=key, AsyncOperationId=job)


def _job(call: Call, message: str, kind: int, work: Callable[[], None]) -> tuple[str, str | None]:
    """Do it at once, as a system job that is completed when the answer goes out; says its id and what went wrong."""
    trouble: ServiceError | None = None
    try:
        with call.session.database.savepoint():
            work()
    except ServiceError as refusal:
        trouble = refusal
    writer, now = call.session.platform, call.session.database.now()
    table = writer.tables["asyncoperation"]
    job = writer.create(table, {"name": message, "operationtype": kind, "messagename": message})
    result: Changes = {
        "statecode": _COMPLETED,
        "statuscode": _FAILED if trouble else _SUCCEEDED,
        "startedon": now,
        "completedon": now,
        "message": None if trouble is None else f"{trouble.code}: {trouble.message}",
        "friendlymessage": None if trouble is None else trouble.message[:5000],
        "errorcode": None if trouble is None else _signed(trouble.code),
    }
    writer.update(table, job, result)
    return job, None if trouble is None else trouble.message


def _signed(code: str) -> int:
    """An error code as the signed number that the vendor stores."""
    number = int(code, 16)
    return number - 2**32 if number >= 2**31 else number


def _note(call: Call, key: str, package: Package | None, trouble: str | None) -> None:
    """The row that says what an import did."""
    now, name = call.session.database.now(), package.name if package is not None else ""
    failed = f' errorcode="1" errortext="{escape(trouble)}"' if trouble else ' errorcode="0"'
    data = (
        f'<importexportxml start="{now}" stop="{now}" progress="100" succeeded="{"false" if trouble else "true"}">'
        f'<solutionManifests><solutionManifest id="{escape(name)}" languagecode="1033">'
        f'<result result="{"failure" if trouble else "success"}"{failed} /></solutionManifest></solutionManifests>'
        "</importexportxml>"
    )
    row: Changes = {
        "importjobid": key.lower(),
        "name": "Customizations",
        "solutionname": name or None,
        "startedon": now,
        "completedon": now,
        "progress": "100",
        "data": data,
    }
    call.session.platform.create(call.session.platform.tables["importjob"], row)


def _content(call: Call, body: Body) -> bytes:
    """The file itself, or the one that was staged."""
    parameters = body.get("SolutionParameters")
    staged = parameters.get("StageSolutionUploadId") if isinstance(parameters, dict) else None
    if isinstance(staged, str):
        return _staged(call, staged.lower())
    return _decoded(body.get("CustomizationFile"))


def _decoded(text: object) -> bytes:
    if not isinstance(text, str):
        raise bad_request("The parameter 'CustomizationFile' is missing: give the ZIP in base64.")
    try:
        return b64decode(text, validate=True)
    except BadBase64:
        raise bad_request("The parameter 'CustomizationFile' is not base64.") from None


def _keep(call: Call, content: bytes, *, exported: bool = False) -> str:
    database, identity = call.session.database, str(call.session.database.ids())
    database.execute(_STAGED)
    database.execute("INSERT INTO staged_solution VALUES (?, ?, ?)", (identity, content, int(exported)))
    return identity


def _staged(call: Call, identity: str, *, exported: bool = False) -> bytes:
    database = call.session.database
    database.execute(_STAGED)
    query = "SELECT content FROM staged_solution WHERE id = ? AND exported = ?"
    found = database.execute(query, (identity, int(exported))).fetchone()
    if found is None:
        raise row_missing("stagesolutionupload", identity)
    return bytes(found[0])


def _exported(call: Call, body: Body) -> bytes:
    call.session.guard.must_have("prvExportCustomization")
    name = body.get("SolutionName")
    if not isinstance(name, str):
        raise bad_request("The parameter 'SolutionName' is missing: give the unique name of a solution.")
    return export_solution(call.session.database, name, managed=body.get("Managed") is True)


def _answer(call: Call, response: str, **content: object) -> Reply:
    return json_reply({"@odata.context": context_url(call.session.root, f"{NAMESPACE}.{response}"), **content})
