-- Rights of the two roles the product connects as. Who migrates owns the tables and is bound by neither.
-- fieldstone_app: our own people, the worker. fieldstone_partner: partners, bounded by row-level security.

CREATE FUNCTION current_partner() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE
  RETURN nullif(current_setting('app.partner', true), '')::uuid;

GRANT USAGE ON SCHEMA public TO fieldstone_app, fieldstone_partner;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO fieldstone_app;
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO fieldstone_app;
REVOKE INSERT, UPDATE, DELETE ON alembic_version FROM fieldstone_app;
GRANT SELECT ON alembic_version TO fieldstone_partner;

-- What has been written down stays as it was written.
REVOKE UPDATE, DELETE ON journal, assignment, report_revision, visit_event, rule_hit, auth_event, unit_move FROM fieldstone_app;
REVOKE UPDATE ON journal_body FROM fieldstone_app;

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS
$$BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege'; END$$;

DO $$
DECLARE name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['journal', 'assignment', 'report_revision', 'visit_event', 'rule_hit', 'auth_event', 'unit_move'] LOOP
    EXECUTE format('CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON %I FOR EACH ROW EXECUTE FUNCTION refuse_change()', name);
  END LOOP;
END$$;

-- Every table has row-level security; our own people pass it, a partner passes only what follows.
DO $$
DECLARE name text;
BEGIN
  FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename NOT LIKE 'pgqueuer%' AND tablename <> 'alembic_version' LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format('CREATE POLICY ours ON %I TO fieldstone_app USING (true) WITH CHECK (true)', name);
  END LOOP;
END$$;

-- Master data every technician works with; programme limits are read by the gate inside a partner's own transaction.
DO $$
DECLARE name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['programme', 'programme_version', 'model', 'model_component', 'part', 'fault_group',
                              'fault_code', 'labour_operation', 'part_limit', 'warranty_term'] LOOP
    EXECUTE format('GRANT SELECT ON %I TO fieldstone_partner', name);
    EXECUTE format('CREATE POLICY known_to_all ON %I FOR SELECT TO fieldstone_partner USING (true)', name);
  END LOOP;
END$$;

-- A partner's own rows: what its people recorded, and what was told to them.
DO $$
DECLARE name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['job', 'visit', 'time_entry', 'part_used', 'expense', 'fault', 'reading', 'photo', 'upload',
                              'feed_counter', 'feed_entry', 'device'] LOOP
    EXECUTE format('GRANT SELECT, INSERT, UPDATE ON %I TO fieldstone_partner', name);
  END LOOP;
  FOREACH name IN ARRAY ARRAY['visit_event', 'scan', 'claim', 'claim_line', 'report', 'report_revision', 'report_person',
                              'collection', 'feed_mark', 'assignment', 'invitation', 'journal'] LOOP
    EXECUTE format('GRANT SELECT, INSERT ON %I TO fieldstone_partner', name);
  END LOOP;
  FOREACH name IN ARRAY ARRAY['report_file'] LOOP
    EXECUTE format('GRANT SELECT ON %I TO fieldstone_partner', name);
  END LOOP;
  FOREACH name IN ARRAY ARRAY['job', 'visit', 'time_entry', 'part_used', 'expense', 'fault', 'reading', 'photo', 'upload',
                              'feed_counter', 'feed_entry', 'device', 'visit_event', 'scan', 'claim', 'claim_line',
                              'rule_hit', 'report', 'report_revision', 'report_person', 'report_file', 'collection',
                              'feed_mark', 'assignment', 'invitation', 'journal', 'journal_body', 'session'] LOOP
    EXECUTE format('CREATE POLICY own ON %I TO fieldstone_partner USING (partner_id = current_partner()) WITH CHECK (partner_id = current_partner())', name);
  END LOOP;
END$$;

REVOKE INSERT ON job FROM fieldstone_partner;

-- The verdict with its facts is for the office: a partner may store it and not read it back.
GRANT INSERT ON journal_body, rule_hit TO fieldstone_partner;
GRANT SELECT (op_id, partner_id, salt, sent, answer) ON journal_body TO fieldstone_partner;
REVOKE SELECT ON scan, claim FROM fieldstone_partner;
GRANT SELECT (id, visit_id, job_id, partner_id, technician_id, source, scanned_text, symbology, typed_reason, photo_id,
              matches_job, scanned_at, scanned_on, op_id, told) ON scan TO fieldstone_partner;
GRANT SELECT (id, number, visit_id, job_id, assignment_id, partner_id, state, failed_on, repaired_on, submitted_on,
              submitted_at, told) ON claim TO fieldstone_partner;

GRANT SELECT (id, account_id, partner_id, device_id, expires_at, revoked_at) ON session TO fieldstone_partner;
GRANT UPDATE (revoked_at, revoked_why) ON session TO fieldstone_partner;

-- A partner office keeps its own technicians.
GRANT SELECT (id, login, name, role, partner_id, number, email, phone, language, disabled_at, created_at) ON account TO fieldstone_partner;
GRANT INSERT, UPDATE (name, email, phone, language, disabled_at) ON account TO fieldstone_partner;
CREATE POLICY own ON account FOR SELECT TO fieldstone_partner USING (partner_id = current_partner());
CREATE POLICY own_technicians_in ON account FOR INSERT TO fieldstone_partner
  WITH CHECK (partner_id = current_partner() AND role = 'technician');
CREATE POLICY own_technicians ON account FOR UPDATE TO fieldstone_partner
  USING (partner_id = current_partner() AND role = 'technician')
  WITH CHECK (partner_id = current_partner() AND role = 'technician');
GRANT SELECT ON partner TO fieldstone_partner;
CREATE POLICY own ON partner FOR SELECT TO fieldstone_partner USING (id = current_partner());
GRANT INSERT ON auth_event TO fieldstone_partner;
CREATE POLICY writes ON auth_event FOR INSERT TO fieldstone_partner WITH CHECK (true);

-- What a partner may know of the install base hangs on a job that is assigned to it, and on nothing else.
GRANT SELECT ON unit, unit_component, unit_move, customer, contact, site, contract, contract_unit TO fieldstone_partner;
CREATE POLICY by_job ON unit FOR SELECT TO fieldstone_partner
  USING (EXISTS (SELECT FROM job WHERE job.unit_id = unit.id AND job.partner_id = current_partner()));
CREATE POLICY by_job ON unit_component FOR SELECT TO fieldstone_partner
  USING (EXISTS (SELECT FROM job WHERE job.unit_id = unit_component.unit_id AND job.partner_id = current_partner()));
CREATE POLICY by_job ON unit_move FOR SELECT TO fieldstone_partner
  USING (EXISTS (SELECT FROM job WHERE job.unit_id = unit_move.unit_id AND job.partner_id = current_partner()));
CREATE POLICY by_job ON contract_unit FOR SELECT TO fieldstone_partner
  USING (EXISTS (SELECT FROM job WHERE job.unit_id = contract_unit.unit_id AND job.partner_id = current_partner()));
CREATE POLICY by_job ON contract FOR SELECT TO fieldstone_partner
  USING (EXISTS (SELECT FROM contract_unit WHERE contract_unit.contract_id = contract.id));
CREATE POLICY by_job ON customer FOR SELECT TO fieldstone_partner
  USING (EXISTS (SELECT FROM job WHERE job.customer_id = customer.id AND job.partner_id = current_partner()));
CREATE POLICY by_job ON contact FOR SELECT TO fieldstone_partner
  USING (EXISTS (SELECT FROM job WHERE job.customer_id = contact.customer_id AND job.partner_id = current_partner()));
CREATE POLICY by_job ON site FOR SELECT TO fieldstone_partner
  USING (EXISTS (SELECT FROM job WHERE job.site_id = site.id AND job.partner_id = current_partner()));

-- The gate: locks a unit and tells what already stands against it, rivals of other partners included. It answers only
-- for a unit on which the caller has a job; what of it a partner is told is decided by the gate's rules.
CREATE FUNCTION gate_unit(p_unit uuid)
  RETURNS TABLE (line_id uuid, claim_id uuid, claim_number bigint, visit_id uuid, partner_id uuid, state text,
                 fault_group_id uuid, repaired_on date)
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS
$$BEGIN
  IF session_user <> 'fieldstone_app' AND NOT EXISTS (
    SELECT FROM job WHERE job.unit_id = p_unit AND job.partner_id = current_partner()
  ) THEN
    RETURN;
  END IF;
  PERFORM FROM unit WHERE unit.id = p_unit FOR NO KEY UPDATE;
  RETURN QUERY
    SELECT line.id, line.claim_id, claim.number, claim.visit_id, line.partner_id, line.state, line.fault_group_id,
           claim.repaired_on
    FROM claim_line AS line JOIN claim ON claim.id = line.claim_id
    WHERE line.unit_id = p_unit AND line.kind = 'fault' AND line.state IN ('accepted', 'approved', 'paid')
    ORDER BY line.id DESC
    LIMIT 200;
END$$;
REVOKE ALL ON FUNCTION gate_unit(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION gate_unit(uuid) TO fieldstone_app, fieldstone_partner;

-- The queue: a partner's transaction may add work and see none of it. Its NOTIFY would take one global lock through
-- every commit, so the trigger goes and the worker polls.
DROP TRIGGER tg_pgqueuer_changed ON pgqueuer;
GRANT INSERT ON pgqueuer, pgqueuer_log TO fieldstone_partner;
GRANT SELECT (id, entrypoint, priority, dedupe_key) ON pgqueuer TO fieldstone_partner;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO fieldstone_partner;
