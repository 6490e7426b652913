"""Our own pages: rendered here, in the reader's language, complete in one answer; they do their work without scripts.

The style sheet stands inside each page and is named by its hash in the content security policy, so that nothing else
can style, load, run or frame anything. Templates, words, style and the few scripts lie in ``web/pages``. The language
is the browser's, or the one that a link on the page asks for by ``?lang=``.
"""

import base64
import functools
import hashlib
from collections.abc import Awaitable, Callable
from typing import Any

import jinja2
import msgspec
from litestar import Request

from api.branding import brand_of
from api.operation import Call, Reply
from api.problems import status_of
from api.settings import ROOT
from domain.kit.problem import Problem
from printing.report_tables import amount
from printing.words import Language, Words

FOLDER = ROOT / "web" / "pages"
STYLE = (FOLDER / "style.css").read_text()
WORDS = msgspec.json.decode((FOLDER / "words.json").read_bytes(), type=dict[str, tuple[str, str]])
HTML = "text/html"
FORM = "application/x-www-form-urlencoded"
FORM_BYTES_MAX = 2048
_HASH = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
POLICY = (
    f"default-src 'none'; style-src 'sha256-{_HASH}'; img-src data:; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
SCRIPTED = f"{POLICY}; script-src 'self'; connect-src 'self'; worker-src 'self'"
HEADERS = {
    "content-security-policy": POLICY,
    "cache-control": "no-store",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "vary": "accept, accept-encoding, accept-language",
    "x-robots-tag": "noindex, nofollow, noarchive",
}
_templates = jinja2.Environment(
    loader=jinja2.FileSystemLoader(FOLDER),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_templates.globals["amount"] = amount
_NAMES: tuple[tuple[Language, str, str], ...] = (("en", "en", "English"), ("zh", "zh-Hans", "简体中文"))
_SPOKEN: dict[Language, dict[str, Any]] = {
    language: {
        "lang": tag,
        **dict(zip(("other", "other_lang", "other_name"), _NAMES[1 - column], strict=True)),
        "words": {key: both[column] for key, both in WORDS.items()},
        "paper": Words(language),
        "style": STYLE,
    }
    for column, (language, tag, _) in enumerate(_NAMES)
}
"""What every page has of its language, by what is asked for in ``?lang=``."""
Again = tuple[str, dict[str, str]]
"""Where a form goes, and its fields."""
Serve = Callable[[Call], Awaitable[Any]]


def page(
    call: Call,
    template: str,
    *,
    status: int = 200,
    headers: dict[str, str] | None = None,
    scripts: bool = False,
    again: Again | None = None,
    **facts: Any,
) -> Reply:
    """Return a page in the reader's language; every fact is escaped where the template shows it.

    ``scripts`` lets it load those of ours. ``again`` is the form that brings a page which answers one once more, in the
    other language.
    """
    asked = call.request.query_params.get("lang")
    language: Language = asked if asked in _SPOKEN else language_of(call.request.headers.get("accept-language", ""))
    html = _templates.get_template(template).render(
        _SPOKEN[language],
        brand=brand_of(call.context.settings).name,
        chosen=f"?lang={language}" if asked in _SPOKEN else "",
        again=again,
        **facts,
    )
    policy = {"content-security-policy": SCRIPTED} if scripts else {}
    return Reply(html.encode(), status=status, media=HTML, headers={**HEADERS, **policy, **(headers or {})})


def led(location: str, status: int) -> Reply:
    """Return the way to another page of ours."""
    return Reply(status=status, media=HTML, headers={**HEADERS, "location": location})


def language_of(accepted: str) -> Language:
    """Choose English or Chinese by an Accept-Language header; English when neither is asked for."""
    best: tuple[float, Language] = (0.0, "en")
    for part in accepted[:1000].split(","):
        tag, _, quality = part.partition(";")
        found: Language | None = {"en": "en", "zh": "zh"}.get(tag.strip().lower().split("-")[0])  # type: ignore[assignment]
        try:
            weight = float(quality.strip().removeprefix("q=") or 1)
        except ValueError:
            continue
        if found is not None and weight > best[0]:
            best = (weight, found)
    return best[1]


def wants_page(request: Request[Any, Any, Any]) -> bool:
    """Decide whether a person is looking: browsers name HTML in what they accept, programs do not."""
    return "text/html" in request.headers.get("accept", "")


def wants_json(request: Request[Any, Any, Any]) -> bool:
    """Decide whether a program asked for JSON by name."""
    return not wants_page(request) and "application/json" in request.headers.get("accept", "")


def shown(serve: Serve) -> Serve:
    """Tell the problems of an operation as pages to a browser; a program gets them as problems."""

    @functools.wraps(serve)
    async def tell(call: Call) -> Any:
        try:
            return await serve(call)
        except Problem as problem:
            if not wants_page(call.request):
                raise
            status = status_of(type(problem))
            headers = {"retry-after": str(problem.retry_after or 1)} if status in (429, 503) else {}
            return page(call, "problem.html", status=status, headers=headers, problem=problem)

    return tell
