"""Pages as HTML that no other site may frame and no cache may keep."""

from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from starlette.responses import HTMLResponse, Response

_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


def page(template: str, status: int = 200, **values: object) -> Response:
    """A page made of a template."""
    return HTMLResponse(_templates().get_template(f"{template}.html").render(**values), status, _HEADERS)


@cache
def _templates() -> Environment:
    return Environment(
        loader=PackageLoader("crosstie_sandbox.businesscentral.web_client"),
        autoescape=select_autoescape(),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
