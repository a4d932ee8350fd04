"""Both servers in a process of their own, behind faults that strike only while a test wants them to."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import simplejson

from .raw import Heard, Line

PATIENCE_S = 20
SIDES = ("crm", "erp")


@dataclass(frozen=True)
class Servers:
    """The running program."""

    process: subprocess.Popen[str]
    details: dict[str, Any]

    def port(self, side: str) -> int:
        """The port of a side's server."""
        port = urlsplit(self.details[side]["url"]).port
        assert port is not None
        return port

    def told(self, side: str) -> dict[str, Any]:
        """What the control path tells."""
        heard = self.send(side, "GET", "/_hostile")
        assert heard.status == 200, heard
        found: dict[str, Any] = heard.json
        return found

    def turn(self, word: str) -> None:
        """Turn the faults of both servers on or off."""
        for side in SIDES:
            assert self.send(side, "POST", f"/_hostile/{word}").status == 200

    @contextmanager
    def struck(self) -> Iterator[None]:
        """Faults strike."""
        self.turn("on")
        yield
        self.turn("off")

    def stats(self, side: str) -> dict[str, int]:
        """What the server counted, whatever the weather."""
        found: dict[str, int] = self.send(side, "GET", "/sandbox/stats").json
        return found

    def token(self, side: str) -> str:
        """An `Authorization` header."""
        return f"Bearer {self.sign_in(side).json['access_token']}"

    def sign_in(self, side: str) -> Heard:
        """Ask for a token."""
        server = self.details[side]
        form = {name: server[name] for name in ("client_id", "client_secret")}
        body = urlencode({**form, "grant_type": "client_credentials", "scope": "x"}).encode()
        line = Line(self.port(side))
        line.send("POST", urlsplit(server["token_url"]).path, body, Content_Type="application/x-www-form-urlencoded")
        return line.hear()

    def send(self, side: str, method: str, path: str, body: object = None, **headers: str) -> Heard:
        """One request on a connection of its own."""
        line = Line(self.port(side))
        content = b"" if body is None else simplejson.dumps(body).encode()
        line.send(method, path, content, Content_Type="application/json", **headers)
        return line.hear()

    def record(self, side: str) -> "Record":
        """A record that a test may change, made in good weather."""
        authorization = self.token(side)
        if side == "erp":
            place = f"/api/v2.0/companies({self.details['erp']['company_id']})/customers"
            column, key = "displayName", "id"
        else:
            place, column, key = "/api/data/v9.2/accounts", "name", "accountid"
        made = self.send(
            side, "POST", place, {column: "Before"}, Authorization=authorization, Prefer="return=representation"
        )
        assert made.status == 201, made
        return Record(self, side, place, made.json[key], column, authorization)


@dataclass(frozen=True)
class Record:
    """A customer or an account."""

    servers: Servers
    side: str
    place: str
    id: str
    column: str
    authorization: str

    def send(self, method: str, body: object = None, **headers: str) -> Heard:
        """A request to the record's own address."""
        address = f"{self.place}({self.id})"
        return self.servers.send(self.side, method, address, body, Authorization=self.authorization, **headers)

    @property
    def row(self) -> dict[str, Any]:
        """The record as it is."""
        heard = self.send("GET")
        assert heard.status == 200, heard
        found: dict[str, Any] = heard.json
        return found

    @property
    def value(self) -> str:
        """What its column holds."""
        return str(self.row[self.column])

    def edit(self, value: str, version: str) -> Heard:
        """Write its column, with the version that was read."""
        return self.send("PATCH", {self.column: value}, If_Match=version, Prefer="return=representation")

    def create(self, value: str) -> Heard:
        """Make another one, with nothing that would keep it from being made twice."""
        return self.servers.send(self.side, "POST", self.place, {self.column: value}, Authorization=self.authorization)

    def names(self) -> list[str]:
        """What the column holds in all records of the table."""
        path = f"{self.place}?$select={self.column}"
        rows = self.servers.send(self.side, "GET", path, Authorization=self.authorization).json["value"]
        return [row[self.column] for row in rows]


@contextmanager
def running(state: Path, faults: str | None) -> Iterator[Servers]:
    """The program with a small company; its faults are turned off at first."""
    words = [] if faults is None else ["--faults", faults]
    command = [sys.executable, "-m", "crosstie_sandbox", "--state", state, "--generate", "3", "--json", *words]
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        servers = Servers(process, simplejson.loads(process.stdout.readline()))
        if faults is not None:
            servers.turn("off")
        yield servers
        process.terminate()
        assert process.wait(timeout=PATIENCE_S) == 0
        assert process.communicate()[1] == ""
    finally:
        process.kill()
        process.communicate(timeout=PATIENCE_S)
