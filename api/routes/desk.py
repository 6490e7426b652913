"""The office's and the partners' desk: its built files, which call the API with the browser's session."""

from api.built import ANY_MEDIA, Build, BuiltFile
from api.operation import PUBLIC, Call, operation
from api.pages import shown
from api.problems import AppNotBuilt
from api.settings import ROOT
from domain.kit.problem import NotFound

TAG = "pages"
BUILD = Build(
    ROOT / "web" / "desk" / "dist",
    {
        "content-security-policy": (
            "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' blob: data:; "
            "form-action 'none'; frame-ancestors 'none'; base-uri 'none'"
        ),
        "permissions-policy": "camera=(), microphone=(), geolocation=()",
    },
)


@operation("GET", "/", tag=TAG, by=PUBLIC, answer=str, problems=(AppNotBuilt,), media="text/html", etag=True)
@shown
async def desk_page(call: Call) -> object:
    """Show the desk, where the office and the partners' offices work."""
    return BUILD.page(call)


@operation("GET", "/welcome", tag=TAG, by=PUBLIC, answer=str, problems=(AppNotBuilt,), media="text/html", etag=True)
@shown
async def welcome_page(call: Call) -> object:
    """Show the page behind an invitation link, where a person sets a password; the token stays in the browser."""
    return BUILD.page(call)


@operation(
    "GET",
    "/desk/{name:str}",
    tag=TAG,
    by=PUBLIC,
    params=BuiltFile,
    answer=str,
    problems=(NotFound,),
    media=ANY_MEDIA,
    etag=True,
)
async def desk_file(call: Call) -> object:
    """Give a file of the desk."""
    return BUILD.file(call, call.params(BuiltFile).name)
