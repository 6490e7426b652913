"""Loads every file of tasks, so that the worker knows all kinds of background work."""

import api.tasks_claims
import api.tasks_erasing
import api.tasks_figures
import api.tasks_imports
import api.tasks_mail
import api.tasks_operations
import api.tasks_prints
import api.tasks_reports
import api.tasks_requests
import api.tasks_scores
import api.tasks_snapshots
import api.tasks_submissions
import api.tasks_units
import api.tasks_uploads
import api.tasks_webhooks
import api.tasks_window  # noqa: F401
