"""Loads every route file, so that all operations are declared."""

import api.routes.about
import api.routes.authorisations
import api.routes.barcodes
import api.routes.catalog
import api.routes.claims
import api.routes.collecting
import api.routes.customers
import api.routes.desk
import api.routes.digital_link
import api.routes.evidence
import api.routes.figures
import api.routes.imports
import api.routes.installs
import api.routes.jobs
import api.routes.keys
import api.routes.mailbox
import api.routes.operations
import api.routes.people
import api.routes.phone
import api.routes.prints
import api.routes.programmes
import api.routes.report_keys
import api.routes.report_revisions
import api.routes.reports
import api.routes.reviewing
import api.routes.service_requests
import api.routes.signing_in
import api.routes.snapshots
import api.routes.submission_files
import api.routes.submitting
import api.routes.sync
import api.routes.uploads
import api.routes.verifying
import api.routes.watching
import api.routes.webhooks
import api.routes.worklog  # noqa: F401
