"""The pages that people see. They need no cookies: what was asked stays in the address of the page."""

from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from starlette.responses import HTMLResponse, Response


def page(template: str, status: int = 200, *, script_nonce: str = "", **values: object) -> Response:
    """A page that no other site may frame and no cache may keep."""
    script = f"; script-src 'nonce-{script_nonce}'" if script_nonce else ""
    headers = {
        "Cache-Control": "no-store",
        "Content-Security-Policy": f"default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'{script}",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
    }
    text = _templates().get_template(f"{template}.html").render(nonce=script_nonce, **values)
    return HTMLResponse(text, status, headers)


def message(title: str, text: str, status: int = 200) -> Response:
    """A page that only says something; an error if the status is one."""
    return page("message", status, title=title, text=text, is_error=status >= _FIRST_ERROR)


_FIRST_ERROR = 400


@cache
def _templates() -> Environment:
    return Environment(
        loader=PackageLoader("crosstie_sandbox.sign_in"), autoescape=select_autoescape(), undefined=StrictUndefined
    )
