"""The addresses of the identity provider; any tenant name reaches them, with or without the version."""

from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from crosstie_sandbox.sign_in.authority import Authority
from crosstie_sandbox.sign_in.authorize import AuthorizePage
from crosstie_sandbox.sign_in.device import Devices
from crosstie_sandbox.sign_in.device_pages import DevicePages
from crosstie_sandbox.sign_in.id_token import published_keys
from crosstie_sandbox.sign_in.pages import message
from crosstie_sandbox.sign_in.reply_addresses import is_allowed
from crosstie_sandbox.sign_in.token_endpoint import TokenEndpoint, issuer_of
from crosstie_sandbox.token import Gate, IdSource


def sign_in_routes(gate: Gate, ids: IdSource) -> Sequence[Route]:
    """Everything an application needs to sign in, itself or people."""
    authority = Authority(gate, ids)
    devices = Devices(authority)
    pages = DevicePages(authority, devices)
    endpoints = {
        "token": (TokenEndpoint(authority, devices).answer, ["POST"]),
        "authorize": (AuthorizePage(authority).answer, ["GET", "POST"]),
        "devicecode": (pages.begin, ["POST"]),
        "logout": (_signed_out, ["GET"]),
    }
    versioned = [
        Route(f"/{{tenant}}/oauth2/{version}{name}", endpoint, methods=methods)
        for name, (endpoint, methods) in endpoints.items()
        for version in ("v2.0/", "")
    ]
    documents = [
        Route(f"/{{tenant}}/{version}.well-known/openid-configuration", _configuration, methods=["GET"])
        for version in ("v2.0/", "")
    ]
    return [
        *versioned,
        *documents,
        Route("/{tenant}/oauth2/deviceauth", pages.show, methods=["GET", "POST"]),
        Route("/{tenant}/discovery/v2.0/keys", _keys, methods=["GET"]),
    ]


async def _configuration(request: Request) -> Response:
    tenant = f"{request.url.scheme}://{request.url.netloc}/{request.path_params['tenant']}"
    endpoints = f"{tenant}/oauth2/v2.0"
    return JSONResponse(
        {
            "issuer": issuer_of(request),
            "authorization_endpoint": f"{endpoints}/authorize",
            "token_endpoint": f"{endpoints}/token",
            "device_authorization_endpoint": f"{endpoints}/devicecode",
            "end_session_endpoint": f"{endpoints}/logout",
            "jwks_uri": f"{tenant}/discovery/v2.0/keys",
            "response_types_supported": ["code"],
            "response_modes_supported": ["query", "fragment", "form_post"],
            "subject_types_supported": ["pairwise"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "code_challenge_methods_supported": ["S256", "plain"],
            "scopes_supported": ["openid", "profile", "email", "offline_access"],
            "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
            "claims_supported": [
                "sub",
                "iss",
                "aud",
                "exp",
                "iat",
                "name",
                "oid",
                "preferred_username",
                "tid",
                "nonce",
            ],
        }
    )


async def _keys(_: Request) -> Response:
    return JSONResponse(published_keys())


async def _signed_out(request: Request) -> Response:
    """Nobody stays signed in here, so there is nothing to end."""
    address = request.query_params.get("post_logout_redirect_uri", "")
    if is_allowed(address, ""):
        return RedirectResponse(address)
    return message("You signed out", "You can close this window.")
