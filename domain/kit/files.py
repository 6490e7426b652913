"""Forgetting files: a blob that no row cites any more leaves the file store by a task."""

import datetime as dt

import msgspec

FORGET = "file.forget"


class ForgetFile(msgspec.Struct, frozen=True):
    """The task of removing a blob unless a row cites it, not before a moment where one is given."""

    blob_sha256: str
    not_before: dt.datetime | None = None
