"""The end of a report: who says that this was done, with the strokes of the customer's pen."""

from reportlab.lib.units import mm

from domain.reports.document import PersonalPart, ReportDocument, Signature
from printing.flow import Draw, Pen, Strip, height_of, stack, written
from printing.style import BODY, FULL, GUTTER, LABEL, Frame
from printing.typesetting import Setter
from printing.words import Words

PAD_WIDTH, PAD_HEIGHT, EMPTY_PAD_HEIGHT = 84 * mm, 24 * mm, 16 * mm
"""A pad that nobody signed is low: it must not drive the end of a report to a page of its own."""
INSET = 6.0
LABEL_WIDTH = 56.0
FACTS_MAX = 150.0
"""Names that need more height than this go on below the pad, and to the next page."""


def confirmation_strips(
    document: ReportDocument,
    personal: PersonalPart | None,
    signed_at: str,
    setter: Setter,
    words: Words,
    frame: Frame = FULL,
) -> list[Strip]:
    """Set the pad with the signature, or why there is none, with names and moment: beside it, or below where narrow."""
    narrow = frame.width < FULL.width
    pad_width = frame.width if narrow else PAD_WIDTH
    facts_width = frame.width if narrow else frame.width - PAD_WIDTH - GUTTER
    facts = (
        (words["signer"], personal.signer if personal else words["erased"]),
        (words["completed"], signed_at),
        (words["technician"], technician(document, personal, words)),
        (words["partner"], document.partner),
    )
    lines = setter.lines(words["statement"], facts_width, BODY)
    lines += setter.facts(facts, facts_width, LABEL_WIDTH, LABEL, BODY)
    signed = personal is not None and personal.signature is not None and bool(personal.signature.strokes)
    height = PAD_HEIGHT if signed else EMPTY_PAD_HEIGHT
    pad = _pad(document, personal, setter, words, Frame(frame.x, pad_width), height)
    if narrow:
        return [Strip(height + 6, ((0, pad),)), *stack([(frame.x, lines)])]
    beside = frame.x + PAD_WIDTH + GUTTER
    tall = height_of(stack([(beside, lines)]))
    if tall <= FACTS_MAX:
        return [Strip(max(height + 6, tall + 2), ((0, pad), (1, written(beside, 2, lines))))]
    return [Strip(height + 6, ((0, pad),)), *stack([(beside, lines)])]


def technician(document: ReportDocument, personal: PersonalPart | None, words: Words) -> str:
    """Name the technician by name and number; the number stays when the name is erased."""
    name = personal.technician if personal else words["erased"]
    return words["comma"].join(filter(None, (name, document.technician_number)))


def _pad(
    document: ReportDocument, personal: PersonalPart | None, setter: Setter, words: Words, frame: Frame, height: float
) -> Draw:
    """Draw the frame, and in it the strokes or the reason why there are none."""
    instead = setter.lines(_instead(document, personal, words), frame.width - 2 * INSET, BODY)
    signature = personal.signature if personal and personal.signature and personal.signature.strokes else None

    def draw(pen: Pen, y: float) -> None:
        bottom = y - 2 - height
        pen.frame(frame.x, bottom, frame.width, height, 0.4)
        pen.text(frame.x + INSET, y - 12, words["signature"], LABEL)
        if signature is not None:
            _draw_strokes(pen, signature, Frame(frame.x + INSET, frame.width - 2 * INSET), bottom + INSET / 2, height)
        else:
            written(frame.x + INSET, height / 2 - BODY.leading / 2, instead)(pen, y)

    return draw


def _instead(document: ReportDocument, personal: PersonalPart | None, words: Words) -> str:
    """Say why no signature is drawn."""
    if personal is None:
        return words["erased"]
    if personal.signature is not None:
        return words["signed_by_name"]
    if personal.no_signature_reason:
        return words[f"unsigned.{personal.no_signature_reason}"]
    return words["signed_on_paper" if document.keyed_in_by_office and personal.signer else "unsigned"]


def _draw_strokes(pen: Pen, signature: Signature, frame: Frame, y: float, height: float) -> None:
    """Draw a signature as lines, as large as the pad allows and in its own proportions."""
    scale = min(frame.width / signature.width, (height - 18) / signature.height)
    path = pen.canvas.beginPath()
    for stroke in signature.strokes:
        for index, (across, down) in enumerate(stroke):
            place = path.moveTo if index == 0 else path.lineTo
            place(frame.x + across * scale, y + (signature.height - down) * scale)
        if len(stroke) == 1:
            path.lineTo(frame.x + stroke[0][0] * scale, y + (signature.height - stroke[0][1]) * scale)
    pen.canvas.saveState()
    pen.canvas.setLineCap(1)
    pen.canvas.setLineJoin(1)
    pen.canvas.setLineWidth(1.1)
    pen.canvas.setStrokeGray(0.05)
    pen.canvas.drawPath(path, stroke=1, fill=0)
    pen.canvas.restoreState()
