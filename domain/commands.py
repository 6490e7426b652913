"""The register of commands: the union a phone may send, the action of each, and what follows in the same savepoint."""

from collections.abc import Awaitable, Callable
from typing import Any

from domain.catalog import programmes as catalogue
from domain.claims import actions as claims
from domain.claims import (
    adjudication,
    appeals,
    opening,
    payment,
    preauthorisation,
    returns,
    scored,
    submission,
    taken_back,
)
from domain.claims import customer_answers as customers_say
from domain.claims import programmes as rules
from domain.claims import watch_desk as watch
from domain.customers import actions as customers
from domain.installs import actions as installs
from domain.installs import corrections, tags, warranty_changes
from domain.jobs import actions as jobs
from domain.jobs import planning, request_erasing, requests, steps
from domain.jobs.own_units import tell_of_cover, tell_technicians
from domain.kit.command import Action, Command, Register
from domain.kit.work import Work
from domain.mailing import letters
from domain.operations import actions as operations
from domain.operations import keeping
from domain.people import actions as people
from domain.people import authorisations, suspending
from domain.reports import actions as reports
from domain.reports import amendments, erasing, print_jobs, resealing
from domain.webhooks import actions as webhooks
from domain.webhooks import telling
from domain.worklog import actions as worklog
from domain.worklog import completion, repairs

_ALL: tuple[Action, ...] = (
    people.create_partner,
    people.invite_person,
    people.disable_person,
    people.enable_person,
    people.revoke_device,
    suspending.suspend_partner,
    suspending.resume_partner,
    catalogue.create_programme,
    catalogue.assign_programme,
    rules.set_programme,
    authorisations.authorise_partner,
    authorisations.end_authorisation,
    authorisations.certify_technician,
    authorisations.end_certification,
    customers.create_customer,
    customers.add_contact,
    customers.add_site,
    installs.register_unit,
    installs.confirm_unit,
    installs.move_unit,
    installs.set_unit_status,
    corrections.correct_unit,
    warranty_changes.decide_warranty_change,
    tags.issue_tag,
    tags.revoke_tag,
    jobs.create_job,
    planning.assign_job,
    jobs.accept_job,
    jobs.cancel_job,
    requests.accept_service_request,
    requests.dismiss_service_request,
    request_erasing.erase_service_request,
    planning.plan_visit,
    planning.reschedule_visit,
    steps.start_travel,
    steps.arrive_at_visit,
    steps.start_work,
    steps.pause_work,
    steps.resume_work,
    steps.abandon_visit,
    worklog.log_time,
    repairs.use_part,
    worklog.add_expense,
    repairs.record_fault,
    worklog.record_reading,
    worklog.add_photo,
    worklog.void_line,
    completion.complete_visit,
    claims.record_scan,
    watch.add_honey_serial,
    watch.remove_honey_serial,
    watch.handle_alert,
    watch.unlock_partner,
    watch.set_watch_limits,
    scored.score_claim,
    submission.submit_claim,
    adjudication.decide_claim,
    appeals.answer_claim,
    appeals.appeal_line,
    appeals.withdraw_claim,
    payment.pay_claims,
    returns.receive_core_return,
    returns.waive_core_return,
    preauthorisation.request_preauthorisation,
    preauthorisation.decide_preauthorisation,
    customers_say.customer_answers,
    webhooks.approve_webhook,
    webhooks.enable_webhook,
    webhooks.remove_webhook,
    operations.decide_recorded_work,
    print_jobs.start_print_job,
    amendments.amend_report,
    amendments.withdraw_report,
    amendments.decide_amendment,
    amendments.sign_report,
    erasing.erase_personal_part,
    resealing.reseal_report,
)
ACTIONS: dict[type[Command], Action] = {action.command: action for action in _ALL}
THEN: dict[type[Command], list[Callable[[Work, Any], Awaitable[None]]]] = {
    installs.ConfirmUnit: [tell_technicians],
    installs.MoveUnit: [tell_technicians],
    installs.SetUnitStatus: [tell_technicians],
    corrections.CorrectUnit: [tell_technicians],
    warranty_changes.DecideWarrantyChange: [tell_of_cover],
    completion.CompleteVisit: [reports.freeze_report, opening.open_claim_for_visit],
    adjudication.DecideClaim: [telling.tell_of_claim],
    scored.ScoreClaim: [telling.tell_of_claim],
    erasing.ErasePersonalPart: [
        letters.forget_addresses,
        print_jobs.forget_prints_of,
        keeping.forget_unreadable_of,
    ],
    customers_say.CustomerAnswers: [telling.tell_of_claim_of_visit],
    worklog.VoidLine: [taken_back.line_struck_late],
    amendments.AmendReport: [telling.tell_of_claim_of_visit],
    amendments.WithdrawReport: [telling.tell_of_claim_of_visit],
    amendments.DecideAmendment: [telling.tell_of_claim_of_report],
    appeals.AnswerClaim: [telling.tell_of_claim],
    appeals.AppealLine: [telling.tell_of_claim],
    appeals.WithdrawClaim: [telling.tell_of_claim],
    payment.PayClaims: [telling.tell_of_paid],
    returns.ReceiveCoreReturn: [scored.score_with_return],
    preauthorisation.DecidePreauthorisation: [telling.tell_of_request],
}
BY_TAG: dict[str, type[Command]] = {action.tag: action.command for action in _ALL}
REGISTER = Register(ACTIONS, THEN, BY_TAG)
