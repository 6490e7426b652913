"""Claims that partners' systems hand in: one, many at once, or as a file."""

from api.operation import command_operation
from domain.claims import submission

TAG = "partner systems"

command_operation("/claims/submit", TAG, submission.submit_claim, keys=True)
