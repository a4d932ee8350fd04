"""`POST /{tenant}/oauth2/v2.0/token`: client credentials, authorization codes, refresh tokens, device codes."""

import base64
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any
from urllib.parse import parse_qs, unquote_plus

from starlette.requests import Request
from starlette.responses import Response

from crosstie_sandbox.odata.answer import dumps
from crosstie_sandbox.sign_in.authority import REFRESH_SECONDS, Authority, Grant
from crosstie_sandbox.sign_in.device import Devices
from crosstie_sandbox.sign_in.id_token import id_token
from crosstie_sandbox.sign_in.pkce import check_verifier
from crosstie_sandbox.sign_in.refusals import SignInError, refused
from crosstie_sandbox.token import LIFETIME_SECONDS, Application, Identity, same, user_and_key

Form = Mapping[str, str]


class TokenEndpoint:
    """Answers requests for tokens."""

    def __init__(self, authority: Authority, devices: Devices) -> None:
        self._authority = authority
        self._devices = devices
        self._grants: Mapping[str, Callable[[Form, Application], tuple[Grant, str]]] = MappingProxyType(
            {
                "authorization_code": self._by_code,
                "refresh_token": self._by_refresh_token,
                "urn:ietf:params:oauth:grant-type:device_code": self._by_device_code,
                "device_code": self._by_device_code,
            }
        )

    async def answer(self, request: Request) -> Response:
        """The answer to one request."""
        form = read_form(await request.body())
        form |= _basic(request.headers.get("authorization"), form)
        issuer = issuer_of(request)
        try:
            granted = self._granted(form, issuer)
        except SignInError as refusal:
            return refused(refusal, self._authority.clock, self._authority.ids)
        return Response(dumps(granted), 200, {"Cache-Control": "no-store"}, media_type="application/json")

    def _granted(self, form: Form, issuer: str) -> dict[str, Any]:
        kind, client_id = required(form, "grant_type"), required(form, "client_id")
        if kind != "client_credentials" and kind not in self._grants:
            raise SignInError("grant_unsupported", grant=kind)
        application = self._authority.application(client_id)
        _check_secret(application, form, must=kind == "client_credentials")
        if kind == "client_credentials":
            identity = Identity(application.client_id, "", application.name)
            return self._access(identity, iss=issuer, tid=self._authority.credentials.tenant_id, idtyp="app")
        grant, asked = self._grants[kind](form, application)
        return self._for_person(grant, asked or grant.scope, form, issuer)

    def _by_code(self, form: Form, application: Application) -> tuple[Grant, str]:
        grant, said = self._authority.unseal("code", required(form, "code"), application.client_id)
        given = form.get("redirect_uri", "")
        if given != said.get("redirect_uri", ""):
            raise SignInError("reply_address_changed", uri=given, asked=said.get("redirect_uri", ""))
        check_verifier(form.get("code_verifier", ""), said.get("challenge", ""), said.get("method", ""))
        self._authority.redeem(said["id"])
        return grant, ""

    def _by_refresh_token(self, form: Form, application: Application) -> tuple[Grant, str]:
        grant, _ = self._authority.unseal("refresh", required(form, "refresh_token"), application.client_id)
        return grant, form.get("scope", "")

    def _by_device_code(self, form: Form, application: Application) -> tuple[Grant, str]:
        code = form.get("device_code") or required({"device_code": form.get("code", "")}, "device_code")
        return self._devices.granted(code, application), ""

    def _for_person(self, grant: Grant, asked: str, form: Form, issuer: str) -> dict[str, Any]:
        person = self._authority.person(grant)
        tenant = self._authority.credentials.tenant_id
        identity = Identity(grant.client_id, person.object_id, person.address)
        scopes = asked.split()
        answer = self._access(identity, iss=issuer, tid=tenant, scp=asked)
        answer["scope"] = asked
        if "offline_access" in scopes:
            answer["refresh_token"] = self._authority.seal("refresh", grant, REFRESH_SECONDS)
        if "openid" in scopes:
            answer["id_token"] = id_token(
                person,
                client_id=grant.client_id,
                issuer=issuer,
                tenant_id=tenant,
                nonce=grant.nonce,
                now=int(self._authority.clock().timestamp()),
            )
        if form.get("client_info") == "1":
            about = dumps({"uid": person.object_id, "utid": tenant})
            answer["client_info"] = base64.urlsafe_b64encode(about).rstrip(b"=").decode()
        return answer

    def _access(self, identity: Identity, **claims: object) -> dict[str, Any]:
        return {
            "token_type": "Bearer",
            "expires_in": LIFETIME_SECONDS,
            "ext_expires_in": LIFETIME_SECONDS,
            "access_token": self._authority.gate.tokens.issue(identity, **claims),
        }


def issuer_of(request: Request) -> str:
    """How the tenant of an address is named in what is issued there."""
    return f"{request.url.scheme}://{request.url.netloc}/{request.path_params['tenant']}/v2.0"


def read_form(body: bytes) -> dict[str, str]:
    """A form as browsers send it; the last of several values counts, one that is empty does not."""
    return {name: values[-1] for name, values in parse_qs(body.decode("utf-8", "replace")).items()}


def required(form: Form, name: str) -> str:
    """A value that must be given."""
    value = form.get(name, "")
    if not value:
        raise SignInError("parameter_missing", name=name)
    return value


def _basic(authorization: str | None, form: Form) -> dict[str, str]:
    if not authorization or "client_secret" in form:
        return {}
    user, key = user_and_key(authorization.partition(" ")[2])
    return {"client_id": unquote_plus(user), "client_secret": unquote_plus(key)}


def _check_secret(application: Application, form: Form, *, must: bool) -> None:
    given = form.get("client_secret", "")
    if not application.client_secret:
        if given:
            raise SignInError("secret_of_public_client")
        if must:
            raise SignInError("secret_missing")
    elif not given:
        raise SignInError("secret_missing")
    elif not same(given, application.client_secret):
        raise SignInError("secret_wrong", client_id=application.client_id)
