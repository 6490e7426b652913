"""Jobs and visits."""

from api.operation import command_operation
from domain.jobs import actions, planning, steps

TAG = "jobs"

command_operation("/jobs", TAG, actions.create_job)
command_operation("/jobs/assign", TAG, planning.assign_job)
command_operation("/jobs/accept", TAG, actions.accept_job)
command_operation("/jobs/cancel", TAG, actions.cancel_job)
command_operation("/visits", TAG, planning.plan_visit)
command_operation("/visits/reschedule", TAG, planning.reschedule_visit)
command_operation("/visits/travel", TAG, steps.start_travel)
command_operation("/visits/arrive", TAG, steps.arrive_at_visit)
command_operation("/visits/start", TAG, steps.start_work)
command_operation("/visits/pause", TAG, steps.pause_work)
command_operation("/visits/resume", TAG, steps.resume_work)
command_operation("/visits/abandon", TAG, steps.abandon_visit)
