"""Every mapped table, loaded: what the migrations are compared with."""

import domain.audit.model
import domain.catalog.model
import domain.claims.answered
import domain.claims.counted
import domain.claims.model
import domain.claims.reviewed
import domain.claims.score_model
import domain.claims.submitted
import domain.claims.watched
import domain.customers.model
import domain.installs.model
import domain.jobs.model
import domain.jobs.request_model
import domain.kit.feeds
import domain.kit.journal
import domain.mailing.model
import domain.operations.model
import domain.people.model
import domain.reports.model
import domain.reports.print_model
import domain.sealing.model
import domain.warranty.model
import domain.webhooks.model
import domain.worklog.model  # noqa: F401
from domain.kit.base import Record

METADATA = Record.metadata


def is_ours(name: str | None, kind: str) -> bool:
    """Tell whether a table is mapped here; the queue's own tables belong to its library."""
    return kind != "table" or not (name or "").startswith("pgqueuer")
