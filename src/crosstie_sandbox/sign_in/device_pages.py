"""`/{tenant}/oauth2/v2.0/devicecode` for programs, and the page on which a person enters the code they show."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from crosstie_sandbox.sign_in.authority import Authority
from crosstie_sandbox.sign_in.authorize import signed_in
from crosstie_sandbox.sign_in.device import EXPIRES_SECONDS, INTERVAL_SECONDS, Devices
from crosstie_sandbox.sign_in.pages import message, page
from crosstie_sandbox.sign_in.refusals import SignInError, refused
from crosstie_sandbox.sign_in.token_endpoint import read_form, required


class DevicePages:
    """Begins the flow and lets people decide about it."""

    def __init__(self, authority: Authority, devices: Devices) -> None:
        self._authority = authority
        self._devices = devices

    async def begin(self, request: Request) -> Response:
        """Codes for a program."""
        form = read_form(await request.body())
        try:
            application = self._authority.application(required(form, "client_id"))
            device_code, user_code = self._devices.begin(application, required(form, "scope"))
        except SignInError as refusal:
            return refused(refusal, self._authority.clock, self._authority.ids)
        where = f"{request.url.scheme}://{request.url.netloc}/{request.path_params['tenant']}/oauth2/deviceauth"
        text = f"To sign in, use a web browser to open the page {where} and enter the code {user_code} to authenticate."
        return JSONResponse(
            {
                "user_code": user_code,
                "device_code": device_code,
                "verification_uri": where,
                "expires_in": EXPIRES_SECONDS,
                "interval": INTERVAL_SECONDS,
                "message": text,
            }
        )

    async def show(self, request: Request) -> Response:
        """The page for the person."""
        if request.method == "GET":
            return _form(request.query_params.get("user_code", ""), "", "")
        form = read_form(await request.body())
        user_code, login = form.get("user_code", ""), form.get("login", "")
        application = self._devices.application(user_code)
        if application is None:
            return _form(user_code, login, "That code didn't work. Check the code and try again.")
        if form.get("consent") == "no":
            self._devices.decide(user_code, None)
            return message("You cancelled", f"{application.name} gets nothing. You can close this window.")
        try:
            self._devices.decide(user_code, signed_in(self._authority, login, form.get("password", "")))
        except SignInError as refusal:
            return _form(user_code, login, str(refusal))
        return message("You have signed in", f"Go back to {application.name}. You can close this window.")


def _form(user_code: str, login: str, error: str) -> Response:
    return page("sign_in", application="the program with the code", user_code=user_code, login=login, error=error)
