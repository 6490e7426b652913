"""``fieldstone parse-code`` and ``fieldstone read-photo``: what a text or a photo says, without a database."""

import asyncio
import re
from pathlib import Path

import click
import msgspec

from domain.installs.serials import parse, unspell
from mobile_sync.photos.files import PhotoLine, read_photo
from mobile_sync.photos.sandbox import PhotoSandbox


def _in_a_word(value: object) -> object:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value or "-"


def _symbology(context: click.Context, parameter: click.Parameter, given: str | None) -> str | None:
    if given and not re.fullmatch(r"\][A-Za-z][0-9A-Za-z]", given):
        raise click.BadParameter("it is a bracket, a letter and a digit, such as ']C1' or ']d2'", context, parameter)
    return given or None


@click.command("parse-code")
@click.argument("text")
@click.option("--symbology", callback=_symbology, help="AIM symbology identifier the scanner gave, such as ']C1'.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of lines to read.")
def parse_code(text: str, symbology: str | None, as_json: bool) -> None:
    """Say what a barcode's TEXT means.

    Control characters may be written <GS>, <RS> and <EOT>.
    """
    parsed = parse(unspell(text), symbology)
    found = {
        "format": parsed.format,
        "gtin": parsed.gtin,
        "serial": parsed.serial,
        "identifiers": parsed.identifiers,
        "sure": parsed.sure,
    }
    if as_json:
        click.echo(msgspec.json.encode(found).decode())
        return
    for name, value in found.items():
        click.echo(f"{name:12} {_in_a_word(value)}")
    if parsed.reason:
        click.echo(f"{'reason':12} {parsed.reason}")
    for other in parsed.alternatives:
        click.echo(f"{'or':12} {other.reason}: serial {other.serial or '-'}, GTIN {other.gtin or '-'}")


@click.command("read-photo")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line instead of lines to read.")
def read_photos(files: tuple[Path, ...], as_json: bool) -> None:
    """Read the barcodes on photos, one line per FILE.

    A code whose format proves little counts only when both decoders or several passes agree on it; one that does not
    count is shown with the reason.
    """
    asyncio.run(_read_photos(files, as_json))


async def _read_photos(files: tuple[Path, ...], as_json: bool) -> None:
    async with PhotoSandbox(workers=1) as sandbox:
        for file in files:
            try:
                line = await read_photo(sandbox, file)
            except OSError as error:
                line = PhotoLine(str(file), (), f"file-unreadable: {error.strerror}")
            click.echo(msgspec.json.encode(line).decode() if as_json else _in_words(line))


def _in_words(line: PhotoLine) -> str:
    if not line.reads:
        return f"{line.file}: nothing read{f' ({line.problem})' if line.problem else ''}"
    words = [
        f"{code.text!r} {code.symbology_name}{'' if code.accepted else f' (not accepted: {code.reason})'}"
        for code in line.reads
    ]
    return f"{line.file}: {'; '.join(words)}"
