"""Scans and claims."""

from api.operation import command_operation
from domain.claims import actions

TAG = "claims"

command_operation("/scans", TAG, actions.record_scan)
