"""The job sheet: its lines, and completing the visit."""

from api.operation import command_operation
from domain.worklog import actions, completion, repairs

TAG = "job sheet"

command_operation("/times", TAG, actions.log_time)
command_operation("/parts-used", TAG, repairs.use_part)
command_operation("/expenses", TAG, actions.add_expense)
command_operation("/faults", TAG, repairs.record_fault)
command_operation("/readings", TAG, actions.record_reading)
command_operation("/photos", TAG, actions.add_photo)
command_operation("/lines/void", TAG, actions.void_line)
command_operation("/visits/complete", TAG, completion.complete_visit)
