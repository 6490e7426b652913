"""Scans and claims."""

from api.operation import command_operation
from domain.claims import actions, adjudication

TAG = "claims"

command_operation("/scans", TAG, actions.record_scan)
command_operation("/claims/decide", TAG, adjudication.decide_claim)
