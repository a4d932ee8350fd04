"""Both servers over TLS, with certificates of an authority of their own."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
import requests
from cryptography import x509

from crosstie_sandbox.problems import StartError
from crosstie_sandbox.tls import certificates_of

from .program import running

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
SERVED = {"crm": "/api/data/v9.2/organizations", "erp": "/api/v2.0/companies"}


@pytest.fixture(scope="module")
def details(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """A running program with a small company."""
    with running("--state", tmp_path_factory.mktemp("tls") / "state", "--generate", 1) as program:
        yield program.details


@contextmanager
def strange_client(ca: str | None) -> Iterator[requests.Session]:
    """A client that others wrote, which trusts one authority and takes no hints from its surroundings."""
    with requests.Session() as session:
        session.trust_env = False
        if ca is not None:
            session.verify = ca
        yield session


@pytest.mark.parametrize("side", ["crm", "erp"])
@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_a_client_that_trusts_the_authority_is_served(details: dict[str, Any], side: str, host: str) -> None:
    """Signing in and reading work over TLS, and links in answers lead over TLS too."""
    server = details[side]
    address = server["tls_url"].replace("localhost", host)
    form = {name: server[name] for name in ("client_id", "client_secret")}
    with strange_client(server["ca"]) as client:
        token = client.post(
            f"{address}/sandbox/oauth2/v2.0/token", data={**form, "grant_type": "client_credentials", "scope": "x"}
        )
        headers = {"Authorization": f"Bearer {token.json()['access_token']}"}
        answer = client.get(f"{address}{SERVED[side]}", headers=headers).json()
    assert len(answer["value"]) == 1
    assert answer["@odata.context"].startswith(f"{address}/api/")


@pytest.mark.parametrize("side", ["crm", "erp"])
def test_a_client_that_does_not_trust_it_refuses(details: dict[str, Any], side: str) -> None:
    """Without the authority no request is made; and nobody speaks plain HTTP on a port for TLS."""
    address = details[side]["tls_url"]
    with strange_client(None) as client, pytest.raises(requests.exceptions.SSLError):
        client.get(address)
    with pytest.raises(httpx2.TransportError):
        httpx2.get(address.replace("https:", "http:"))


def test_both_doors_lead_to_the_same_company(details: dict[str, Any]) -> None:
    """What is written over TLS is read in clear, and a token of one door opens the other."""
    crm = details["crm"]
    form = {name: crm[name] for name in ("client_id", "client_secret")} | {"grant_type": "client_credentials"}
    token = httpx2.post(crm["token_url"], data=form).json()["access_token"]
    headers = {"Authorization": f"Bearer {token}", "Prefer": "return=representation"}
    trusted = ssl.create_default_context(cafile=crm["ca"])
    path = "/api/data/v9.2/accounts"
    with httpx2.Client(verify=trusted, headers=headers) as client:
        row = client.post(f"{crm['tls_url']}{path}", json={"name": "Over TLS"}).json()
        assert client.get(f"{crm['url']}{path}({row['accountid']})").json()["name"] == "Over TLS"


def test_with_tls_nothing_is_served_in_clear(tmp_path: Path) -> None:
    """--tls serves TLS only, and every address of the first line says so."""
    with running("--state", tmp_path / "state", "--generate", 1, "--tls") as program:
        for server in (program.details["crm"], program.details["erp"]):
            assert server["url"] == server["tls_url"]
            assert server["token_url"].startswith("https://localhost:")
            with strange_client(server["ca"]) as client:
                assert client.get(f"{server['url']}/sandbox/stats").json()["requests"] == 0


def test_keys_are_for_their_owner_only(tmp_path: Path) -> None:
    """The folder and every file with a key are closed to others; the certificate to give away holds no key."""
    found = certificates_of(tmp_path / "tls", lambda: NOW)
    assert (tmp_path / "tls").stat().st_mode & 0o777 == 0o700
    for path in (tmp_path / "tls").iterdir():
        with_key = b"PRIVATE KEY" in path.read_bytes()
        assert with_key == (path != found.ca), path
        assert not with_key or path.stat().st_mode & 0o777 == 0o600


def test_certificates_are_made_once_and_renewed_in_time(tmp_path: Path) -> None:
    """A server's certificate near its end is made anew by the same authority, and that one only near its own end."""

    def at(days: int) -> tuple[bytes, bytes]:
        found = certificates_of(tmp_path / "tls", lambda: NOW + timedelta(days=days))
        return found.ca.read_bytes(), found.server.read_bytes()

    ca, server = at(0)
    assert at(300) == (ca, server)
    same_ca, renewed = at(340)
    assert same_ca == ca
    assert renewed != server
    verified = x509.load_pem_x509_certificate(renewed)
    verified.verify_directly_issued_by(x509.load_pem_x509_certificate(ca))
    assert verified.not_valid_after_utc > NOW + timedelta(days=700)
    other_ca, other = at(3600)
    assert other_ca != ca
    x509.load_pem_x509_certificate(other).verify_directly_issued_by(x509.load_pem_x509_certificate(other_ca))


def test_a_damaged_certificate_is_explained(tmp_path: Path) -> None:
    """A file that holds something else is named, with what to do."""
    found = certificates_of(tmp_path / "tls", lambda: NOW)
    found.server.write_text("no certificate", encoding="utf-8")
    with pytest.raises(StartError) as refusal:
        certificates_of(tmp_path / "tls", lambda: NOW)
    assert str(found.server) in refusal.value.message
    assert "Remove" in refusal.value.next_step


def test_it_stops_though_a_client_keeps_a_connection(tmp_path: Path) -> None:
    """A client that keeps an idle connection over TLS is left in order, without a word about requests cut off."""
    with running("--state", tmp_path / "state", "--generate", 1) as program:
        crm = program.details["crm"]
        with strange_client(crm["ca"]) as client:
            assert client.get(f"{crm['tls_url']}/sandbox/stats").status_code == 200
            program.process.terminate()
            assert program.process.wait(timeout=20) == 0
