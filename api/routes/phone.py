"""The technician's app: its built files."""

from api.built import ANY_MEDIA, Build, BuiltFile
from api.operation import PUBLIC, Call, operation
from api.pages import led, shown
from api.problems import AppNotBuilt
from api.settings import ROOT
from domain.kit.problem import NotFound

TAG = "pages"
BUILD = Build(
    ROOT / "web" / "phone" / "dist",
    {
        "content-security-policy": (
            "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' blob: data:; "
            "media-src blob:; connect-src 'self'; worker-src 'self'; manifest-src 'self'; font-src 'self'; "
            "form-action 'none'; frame-ancestors 'none'; base-uri 'none'"
        ),
        "permissions-policy": "camera=(self), microphone=(), geolocation=()",
    },
)


@operation(
    "GET",
    "/app",
    tag=TAG,
    by=PUBLIC,
    answer=str,
    problems=(AppNotBuilt,),
    statuses=(200, 308),
    media="text/html",
    etag=True,
)
@shown
async def app_page(call: Call) -> object:
    """Show the technician's app; without its last slash the address leads to the one with it."""
    if not call.request.scope["raw_path"].endswith(b"/"):
        return led("/app/", 308)
    return BUILD.page(call)


@operation(
    "GET",
    "/app/{name:str}",
    tag=TAG,
    by=PUBLIC,
    params=BuiltFile,
    answer=str,
    problems=(NotFound,),
    media=ANY_MEDIA,
    etag=True,
)
async def app_file(call: Call) -> object:
    """Give a file of the technician's app."""
    name = call.params(BuiltFile).name
    return BUILD.file(call, name, **({"service-worker-allowed": "/app/"} if name == "sw.js" else {}))
