"""Why a photo or a sheet was not taken; the class name is the stable code."""

from domain.kit.problem import Kind, Problem


class PhotoUnreadable(Problem, kind=Kind.INVALID):
    """The file is damaged or not a picture."""


class PhotoKindNotAccepted(Problem, kind=Kind.INVALID):
    """Only JPEG, PNG and WebP photos are accepted."""


class PhotoTooLarge(Problem, kind=Kind.INVALID):
    """The photo has too many bytes or pixels."""


class PhotoTookTooLong(Problem, kind=Kind.INVALID):
    """The photo could not be worked through in the time a photo may take."""


class PhotoQueueFull(Problem, kind=Kind.UNAVAILABLE):
    """Too many photos are waiting; send this one again shortly."""


class SheetUnreadable(Problem, kind=Kind.INVALID):
    """The file is damaged or not an XLSX workbook."""


class SheetTooLarge(Problem, kind=Kind.INVALID):
    """The workbook unpacks to more than a workbook may."""


class SheetTookTooLong(Problem, kind=Kind.INVALID):
    """The workbook could not be worked through in the time a workbook may take."""


class WorkerBroke(Problem, kind=Kind.UNAVAILABLE):
    """The process that opens uploads stopped; send the file again."""
