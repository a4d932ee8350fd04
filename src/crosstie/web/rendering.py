"""Templates to HTML: escaping always on, unknown names are errors, static files are named by their content."""

import hashlib
from functools import cache
from pathlib import Path

import jinja2

from crosstie.web import display

STATIC = Path(__file__).parent / "static"


@cache
def asset(name: str) -> str:
    """The address of a static file; it changes with the content, so that browsers may keep the file for ever."""
    digest = hashlib.sha256((STATIC / name).read_bytes()).hexdigest()
    return f"/static/{name}?v={digest[:10]}"


def render(template: str, **context: object) -> str:
    """The HTML of a template."""
    return _environment().get_template(template).render(context)


@cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters |= {
        "duration": display.duration,
        "moment": display.moment,
        "number": display.number,
        "short_id": display.short_id,
    }
    environment.globals |= {
        "asset": asset,
        "JOB_LOOKS": display.JOB_LOOKS,
        "TABLE_JOB_LOOKS": display.TABLE_JOB_LOOKS,
        "OUTCOME_LOOKS": display.OUTCOME_LOOKS,
        "DIRECTION_LOOKS": display.DIRECTION_LOOKS,
    }
    return environment
