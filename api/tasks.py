"""Loads every file of tasks, so that the worker knows all kinds of background work."""

import api.tasks_claims
import api.tasks_imports
import api.tasks_reports  # noqa: F401
