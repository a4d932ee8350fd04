"""`/{tenant}/oauth2/v2.0/authorize`: a page to sign in on, which sends the person back with a code."""

from collections.abc import Mapping
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from crosstie_sandbox.sign_in.authority import CODE_SECONDS, Authority, Grant
from crosstie_sandbox.sign_in.pages import message, page
from crosstie_sandbox.sign_in.pkce import check_challenge
from crosstie_sandbox.sign_in.refusals import SignInError, described
from crosstie_sandbox.sign_in.reply_addresses import is_allowed
from crosstie_sandbox.sign_in.token_endpoint import read_form, required
from crosstie_sandbox.token import Application, Person, same


class AuthorizePage:
    """Shows the page for GET and takes what was entered for POST."""

    def __init__(self, authority: Authority) -> None:
        self._authority = authority

    async def answer(self, request: Request) -> Response:
        """The answer to one request."""
        asked = dict(request.query_params)
        try:
            application, address = self._destination(asked)
        except SignInError as refusal:  # nobody is sent to an address that is not known to be right
            return message("Sorry, we cannot sign you in", str(refusal), 400)
        try:
            _check(asked, is_page=request.method == "GET")
            if request.method == "POST":
                return self._entered(asked, application, address, read_form(await request.body()))
        except SignInError as refusal:
            said = described(refusal, self._authority.clock, self._authority.ids)
            return self._send_back(asked, address, {name: str(said[name]) for name in ("error", "error_description")})
        return page("sign_in", application=application.name, login=asked.get("login_hint", ""), error="")

    def _destination(self, asked: Mapping[str, str]) -> tuple[Application, str]:
        application = self._authority.application(required(asked, "client_id"))
        address = required(asked, "redirect_uri")
        if not is_allowed(address, application.client_id):
            raise SignInError("reply_address_unknown", uri=address, client_id=application.client_id)
        return application, address

    def _entered(
        self, asked: Mapping[str, str], application: Application, address: str, form: Mapping[str, str]
    ) -> Response:
        if form.get("consent") == "no":
            raise SignInError("declined")
        login = form.get("login", "")
        try:
            person = signed_in(self._authority, login, form.get("password", ""))
        except SignInError as refusal:
            return page("sign_in", application=application.name, login=login, error=str(refusal))
        grant = Grant(application.client_id, person.object_id, asked.get("scope", ""), asked.get("nonce", ""))
        challenge = asked.get("code_challenge", "")
        code = self._authority.seal(
            "code",
            grant,
            CODE_SECONDS,
            redirect_uri=address,
            challenge=challenge,
            method=asked.get("code_challenge_method", "plain"),
        )
        return self._send_back(asked, address, {"code": code})

    def _send_back(self, asked: Mapping[str, str], address: str, said: dict[str, str]) -> Response:
        if "state" in asked:
            said["state"] = asked["state"]
        match asked.get("response_mode", "query"):
            case "form_post":
                nonce = self._authority.ids().hex
                return page("send_back", address=address, said=said, script_nonce=nonce)
            case "fragment":
                separator = "#"
            case _:
                separator = "&" if "?" in address else "?"
        return RedirectResponse(f"{address}{separator}{urlencode(said)}", 302, {"Cache-Control": "no-store"})


def _check(asked: Mapping[str, str], *, is_page: bool) -> None:
    kind = required(asked, "response_type")
    if kind != "code":
        raise SignInError("response_type_unsupported", type=kind)
    required(asked, "scope")
    check_challenge(asked.get("code_challenge", ""), asked.get("code_challenge_method", "plain"))
    if is_page and asked.get("prompt") == "none":
        raise SignInError("nobody_signed_in")


def signed_in(authority: Authority, login: str, password: str) -> Person:
    """The person with an address and a password."""
    person = authority.credentials.person_at(login)
    if person is None:
        raise SignInError("person_unknown", address=login)
    if not same(password, person.password):
        raise SignInError("password_wrong")
    if not person.is_enabled:
        raise SignInError("person_disabled")
    return person
