"""Which environments there are: `GET /environments/v1.1`, by which clients find the addresses of the APIs."""

import re

from starlette.requests import Request
from starlette.responses import Response

from crosstie_sandbox.odata.answer import json_answer

ENVIRONMENTS = re.compile(r"(?:/[^/]+)?/environments/v1\.\d+")
_APPLICATION_VERSION = "29.0.0.0"


def environments(request: Request) -> Response:
    """The one environment of this server."""
    root = f"{request.url.scheme}://{request.url.netloc}"
    environment = {
        "applicationFamily": "BusinessCentral",
        "type": "Sandbox",
        "name": "sandbox",
        "countryCode": "W1",
        "applicationVersion": _APPLICATION_VERSION,
        "webServiceUrl": root,
        "webClientLoginUrl": root,
    }
    return json_answer({"value": [environment]})
