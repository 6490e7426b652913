"""Ways to change a sealed PDF so that a reader may not notice: each returns a file that is not the one we issued."""

import datetime as dt
import io
import random
from collections.abc import Callable, Iterator

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pypdf import PdfReader, PdfWriter
from reportlab.pdfgen.canvas import Canvas

from api.adapters.pdf_seal import PdfKey, seal_pdf

FLIPS = 2_000
LATER = dt.datetime(2026, 12, 1, tzinfo=dt.UTC)


def _updated(pdf: bytes, change: Callable[[IncrementalPdfFileWriter], None]) -> bytes:
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
    change(writer)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def _page(writer: IncrementalPdfFileWriter) -> generic.DictionaryObject:
    page = writer.root["/Pages"]["/Kids"][0]
    assert isinstance(page, generic.DictionaryObject)
    return page


def _paint(writer: IncrementalPdfFileWriter, content: bytes, *, instead: bool) -> None:
    page = _page(writer)
    shadow = writer.add_object(generic.StreamObject(stream_data=content))
    before = page.raw_get("/Contents")
    page["/Contents"] = shadow if instead else generic.ArrayObject([before, shadow])
    writer.update_container(page)


def painted_over(pdf: bytes, key: PdfKey) -> bytes:
    """A white box and another amount over the page, in an update."""
    return _updated(pdf, lambda writer: _paint(writer, b"q 1 g 40 40 300 300 re f Q", instead=False))


def shadow_page(pdf: bytes, key: PdfKey) -> bytes:
    """Another page content in the place of the signed one."""
    return _updated(pdf, lambda writer: _paint(writer, b"q 0 g 10 10 500 700 re f Q", instead=True))


def annotation(pdf: bytes, key: PdfKey) -> bytes:
    """A note stuck on the page."""

    def change(writer: IncrementalPdfFileWriter) -> None:
        page = _page(writer)
        note = generic.DictionaryObject(
            {
                pdf_name("/Type"): pdf_name("/Annot"),
                pdf_name("/Subtype"): pdf_name("/FreeText"),
                pdf_name("/Rect"): generic.ArrayObject([generic.NumberObject(n) for n in (50, 50, 300, 90)]),
                pdf_name("/Contents"): generic.pdf_string("Paid in full"),
            }
        )
        page["/Annots"] = generic.ArrayObject([*page.get("/Annots", []), writer.add_object(note)])
        writer.update_container(page)

    return _updated(pdf, change)


def form_field(pdf: bytes, key: PdfKey) -> bytes:
    """A filled-in field more."""

    def change(writer: IncrementalPdfFileWriter) -> None:
        form = writer.root["/AcroForm"]
        field = generic.DictionaryObject(
            {
                pdf_name("/FT"): pdf_name("/Tx"),
                pdf_name("/T"): generic.pdf_string("Amount"),
                pdf_name("/V"): generic.pdf_string("9,999.00"),
            }
        )
        form["/Fields"] = generic.ArrayObject([*form["/Fields"], writer.add_object(field)])
        writer.update_container(form)

    return _updated(pdf, change)


def other_title(pdf: bytes, key: PdfKey) -> bytes:
    """Other metadata, in an update."""

    def change(writer: IncrementalPdfFileWriter) -> None:
        writer.set_info(generic.DictionaryObject({pdf_name("/Title"): generic.pdf_string("Another report")}))

    return _updated(pdf, change)


def junk_store(pdf: bytes, key: PdfKey) -> bytes:
    """A document security store full of nonsense: the one update that readers forgive."""

    def change(writer: IncrementalPdfFileWriter) -> None:
        junk = writer.add_object(generic.StreamObject(stream_data=b"not a certificate"))
        store = generic.DictionaryObject({pdf_name("/Certs"): generic.ArrayObject([junk])})
        writer.root["/DSS"] = writer.add_object(store)
        writer.update_root()

    return _updated(pdf, change)


def second_page(pdf: bytes, key: PdfKey) -> bytes:
    """A page more, in an update."""

    def change(writer: IncrementalPdfFileWriter) -> None:
        pages, parent = writer.root["/Pages"], writer.root.raw_get("/Pages")
        page = generic.DictionaryObject({pdf_name("/Type"): pdf_name("/Page"), pdf_name("/Parent"): parent})
        pages["/Kids"] = generic.ArrayObject([*pages["/Kids"], writer.add_object(page)])
        pages["/Count"] = generic.NumberObject(int(pages["/Count"]) + 1)
        writer.update_container(pages)

    return _updated(pdf, change)


def second_signature(pdf: bytes, key: PdfKey) -> bytes:
    """A second field with the same signature."""

    def change(writer: IncrementalPdfFileWriter) -> None:
        form = writer.root["/AcroForm"]
        field = generic.DictionaryObject(
            {
                pdf_name("/FT"): pdf_name("/Sig"),
                pdf_name("/T"): generic.pdf_string("Approved"),
                pdf_name("/V"): form["/Fields"][0].raw_get("/V"),
            }
        )
        form["/Fields"] = generic.ArrayObject([*form["/Fields"], writer.add_object(field)])
        writer.update_container(form)

    return _updated(pdf, change)


def sealed_with_the_stolen_key(pdf: bytes, key: PdfKey) -> bytes:
    """The same paper sealed anew by a thief: a seal that holds by itself, and that no register knows."""
    return seal_pdf(without_seal(pdf, key), LATER, key)


def without_seal(pdf: bytes, key: PdfKey) -> bytes:
    """The file as it was before the seal."""
    return pdf[: pdf.index(b"%%EOF") + 6]


def rewritten(pdf: bytes, key: PdfKey) -> bytes:
    """Read and written anew, as when somebody saves a copy."""
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(pdf)))
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def other_table(pdf: bytes, key: PdfKey) -> bytes:
    """A second cross-reference table that leads to another content stream."""
    found = pdf.rindex(b"startxref")
    xref = len(pdf)
    trailer = pdf[pdf.rindex(b"trailer") : found]
    return pdf + b"xref\n0 1\n0000000000 65535 f \n" + trailer + b"startxref\n%d\n%%%%EOF\n" % xref


def replaced_object(pdf: bytes, key: PdfKey) -> bytes:
    """An object exchanged in place for one of the same length."""
    return pdf.replace(b"/MediaBox [", b"/MediaBux [", 1) if b"/MediaBox [" in pdf else pdf.replace(b"595", b"295", 1)


def appended(pdf: bytes, key: PdfKey) -> bytes:
    """Bytes after the end."""
    return pdf + b"\n% and something more\n"


def in_front(pdf: bytes, key: PdfKey) -> bytes:
    """Bytes before the beginning."""
    return b"\n" + pdf


def seal_moved(pdf: bytes, key: PdfKey) -> bytes:
    """Our seal cut out and stuck to a paper of somebody's own."""
    out = io.BytesIO()
    canvas = Canvas(out)
    canvas.drawString(100, 700, "Pump exchanged, 4,000.00 EUR")
    canvas.save()
    return out.getvalue() + pdf[pdf.index(b"%%EOF") + 6 :]


def strange_range(pdf: bytes, key: PdfKey) -> bytes:
    """A byte range that leaves out more than the signature."""
    start = pdf.index(b"/ByteRange [0 ") + len(b"/ByteRange [0 ")
    return pdf[:start] + b"9" + pdf[start + 1 :]


def _seal_bounds(pdf: bytes) -> tuple[int, int]:
    """Where the hex digits of the seal begin and end: no signature covers them."""
    covered = pdf[pdf.index(b"/ByteRange [0 ") :].split(maxsplit=4)
    return int(covered[2]) + 1, int(covered[3]) - 1


def small_letters(pdf: bytes, key: PdfKey) -> bytes:
    """The same seal, spelled otherwise."""
    start, end = _seal_bounds(pdf)
    return pdf[:start] + pdf[start:end].lower() + pdf[end:]


def filled_up(pdf: bytes, key: PdfKey) -> bytes:
    """Something hidden behind the seal, where only zeros are."""
    _, end = _seal_bounds(pdf)
    return pdf[: end - 64] + b"Pump exchanged".hex().encode().ljust(64, b"0") + pdf[end:]


ATTACKS: dict[str, Callable[[bytes, PdfKey], bytes]] = {
    attack.__name__: attack
    for attack in (
        *(painted_over, shadow_page, annotation, form_field, other_title, junk_store, second_page, second_signature),
        *(sealed_with_the_stolen_key, without_seal, rewritten, other_table, replaced_object, appended, in_front),
        *(seal_moved, strange_range, small_letters, filled_up),
    )
}


def flipped_bytes(pdf: bytes) -> Iterator[bytes]:
    """The file with one byte changed, at places spread over all of it."""
    chance = random.Random(7)
    for place in chance.sample(range(len(pdf)), FLIPS):
        yield _changed(pdf, place, chance.randrange(1, 256))


def flipped_digits(pdf: bytes, count: int) -> Iterator[bytes]:
    """The file with one digit of its seal replaced by another, at places spread over all of the seal."""
    chance = random.Random(11)
    for place in chance.sample(range(*_seal_bounds(pdf)), count):
        other = chance.choice([digit for digit in b"0123456789ABCDEF" if digit != pdf[place]])
        yield _changed(pdf, place, other ^ pdf[place])


def _changed(pdf: bytes, place: int, bits: int) -> bytes:
    other = bytearray(pdf)
    other[place] ^= bits
    return bytes(other)
