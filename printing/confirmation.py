"""The end of a report: who says that this was done, with the strokes of the customer's pen."""

from reportlab.lib.units import mm

from domain.reports.document import PersonalPart, ReportDocument, Signature
from printing.flow import Pen, Strip, stack, written
from printing.style import BODY, GUTTER, LABEL, MARGIN, WIDTH
from printing.typesetting import Setter
from printing.words import Words

PAD_WIDTH, PAD_HEIGHT, EMPTY_PAD_HEIGHT = 84 * mm, 28 * mm, 16 * mm
"""A pad that nobody signed is low: it must not drive the end of a report to a page of its own."""
INSET = 6.0
LABEL_WIDTH = 62.0


def signature_strips(
    document: ReportDocument, personal: PersonalPart | None, signed_at: str, setter: Setter, words: Words
) -> list[Strip]:
    """Set the pad with the signature, or why there is none, beside the names and the moment."""
    width = WIDTH - PAD_WIDTH - GUTTER
    facts = (
        (words["signer"], personal.signer if personal else words["erased"]),
        (words["completed"], signed_at),
        (words["technician"], technician(document, personal, words)),
        (words["partner"], document.partner),
    )
    lines = setter.lines(words["statement"], width, BODY) + setter.facts(facts, width, LABEL_WIDTH, LABEL, BODY)
    instead = setter.lines(_instead(personal, words), PAD_WIDTH - 2 * INSET, BODY)
    signature = personal.signature if personal and personal.signature and personal.signature.strokes else None
    height = EMPTY_PAD_HEIGHT if signature is None else PAD_HEIGHT

    def pad(pen: Pen, y: float) -> None:
        bottom = y - 4 - height
        pen.frame(MARGIN, bottom, PAD_WIDTH, height, 0.4)
        pen.text(MARGIN + INSET, y - 14, words["signature"], LABEL)
        if signature is not None:
            _draw_strokes(pen, signature, MARGIN + INSET, bottom + INSET / 2)
        else:
            written(MARGIN + INSET, height / 2 - BODY.leading / 2, instead)(pen, y)

    beside = MARGIN + PAD_WIDTH + GUTTER
    fitting = int(height // BODY.leading)
    pad_strip = Strip(height + 6, ((0, pad), (1, written(beside, 2, lines[:fitting]))))
    return [pad_strip, *stack([(beside, lines[fitting:])])]


def technician(document: ReportDocument, personal: PersonalPart | None, words: Words) -> str:
    """Name the technician by name and number; the number stays when the name is erased."""
    name = personal.technician if personal else words["erased"]
    return words["comma"].join(filter(None, (name, document.technician_number)))


def _instead(personal: PersonalPart | None, words: Words) -> str:
    """Say why no signature is drawn."""
    if personal is None:
        return words["erased"]
    reason = personal.no_signature_reason
    return words[f"unsigned.{reason}"] if reason else words["unsigned"]


def _draw_strokes(pen: Pen, signature: Signature, x: float, y: float) -> None:
    """Draw a signature as lines, as large as the pad allows and in its own proportions."""
    scale = min((PAD_WIDTH - 2 * INSET) / signature.width, (PAD_HEIGHT - 18) / signature.height)
    path = pen.canvas.beginPath()
    for stroke in signature.strokes:
        for index, (across, down) in enumerate(stroke):
            place = path.moveTo if index == 0 else path.lineTo
            place(x + across * scale, y + (signature.height - down) * scale)
        if len(stroke) == 1:
            path.lineTo(x + stroke[0][0] * scale, y + (signature.height - stroke[0][1]) * scale)
    pen.canvas.saveState()
    pen.canvas.setLineCap(1)
    pen.canvas.setLineJoin(1)
    pen.canvas.setLineWidth(1.1)
    pen.canvas.setStrokeGray(0.05)
    pen.canvas.drawPath(path, stroke=1, fill=0)
    pen.canvas.restoreState()
