"""The statements that gather what a claim is scored by: its own visit, what it is compared with, and what is usual.

Every one reads a bounded window by an index, so that it costs the same at ten million claims. They run on the driver
as the product itself.
"""

OWN = """
SELECT claim.id, claim.number, claim.state, claim.partner_id, claim.unit_id, claim.job_id, claim.visit_id, claim.facts,
  visit.technician_id, coalesce(visit.arrived_at, visit.started_at) AS began_at, visit.completed_at,
  visit.clock_uncertain OR visit.keyed_in_by_office AS times_uncertain, visit.result,
  job.kind, job.site_id, job.customer_id, site.city, site.latitude_e6, site.longitude_e6,
  unit.model_id, unit.serial_key, contact.phone_digits,
  (SELECT coalesce(sum(part.price_minor * used.quantity), 0)::bigint FROM part_used AS used
   JOIN part ON part.id = used.part_id
   WHERE used.visit_id = visit.id AND used.kind = 'used' AND used.voided_at IS NULL) AS parts_minor,
  (SELECT coalesce(sum(line.amount_minor), 0)::bigint FROM claim_line AS line
   WHERE line.claim_id = claim.id AND line.state <> 'refused') AS asked_minor,
  (SELECT count(*) FROM (
     SELECT voided_at FROM time_entry WHERE visit_id = visit.id
     UNION ALL SELECT voided_at FROM part_used WHERE visit_id = visit.id
     UNION ALL SELECT voided_at FROM expense WHERE visit_id = visit.id
     UNION ALL SELECT voided_at FROM fault WHERE visit_id = visit.id) AS line
   WHERE line.voided_at BETWEEN visit.completed_at - interval '15 minutes' AND claim.submitted_at) AS struck_late,
  visit.result = 'no_fault_found' OR EXISTS (
    SELECT FROM fault JOIN fault_code ON fault_code.id = fault.fault_code_id
    WHERE fault.visit_id = visit.id AND fault.voided_at IS NULL AND fault_code.no_fault_found) AS no_fault_found,
  visit.result <> 'no_fault_found' AND EXISTS (
    SELECT FROM fault JOIN fault_code ON fault_code.id = fault.fault_code_id
    WHERE fault.visit_id = visit.id AND fault.voided_at IS NULL AND NOT fault_code.no_fault_found) AS fault_found,
  (SELECT answer FROM customer_answer WHERE customer_answer.visit_id = visit.id
   ORDER BY channel = 'phone' DESC, channel = 'page' AND answer = 'did_not_happen' DESC, answered_at DESC
   LIMIT 1) AS customer_said,
  (SELECT coalesce(json_agg(json_build_object('id', photo.id, 'kind', photo.kind, 'upload_id', photo.upload_id,
     'taken_at', coalesce(upload.taken_at, photo.taken_at), 'from_gallery', coalesce(photo.from_gallery, false),
     'latitude_e6', photo.latitude_e6, 'longitude_e6', photo.longitude_e6) ORDER BY photo.id), '[]')
   FROM photo LEFT JOIN upload ON upload.id = photo.upload_id
   WHERE photo.visit_id = visit.id AND photo.voided_at IS NULL) AS photos,
  (SELECT coalesce(json_agg(json_build_object(
     'latitude_e6', scan.latitude_e6, 'longitude_e6', scan.longitude_e6)), '[]')
   FROM scan WHERE scan.visit_id = visit.id AND scan.latitude_e6 IS NOT NULL) AS scans
FROM claim JOIN visit ON visit.id = claim.visit_id JOIN job ON job.id = claim.job_id
JOIN site ON site.id = job.site_id JOIN unit ON unit.id = job.unit_id LEFT JOIN contact ON contact.id = job.contact_id
WHERE claim.id = $1
"""

MEASURE = """
INSERT INTO claim_measure (claim_id, partner_id, technician_id, unit_id, model_id, fault_group_id, site_id, city, "on",
  labour_minutes, travel_minutes, parts_minor, at_cap, no_fault_found, end_of_cover)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) ON CONFLICT (claim_id) DO NOTHING
"""

BESIDE = """
WITH mine AS MATERIALIZED (
  SELECT "on", labour_minutes + travel_minutes AS minutes, at_cap, no_fault_found, end_of_cover FROM claim_measure
  WHERE technician_id = $2 AND "on" > $3::date - 91 AND "on" <= $3 AND claim_id <> $1
  ORDER BY "on" DESC LIMIT 1000)
SELECT
  (SELECT json_build_object('week', count(*) FILTER (WHERE "on" > $3::date - 7),
     'before', count(*) FILTER (WHERE "on" <= $3::date - 7), 'days', $3::date - 7 - min("on"),
     'day_visits', count(*) FILTER (WHERE "on" = $3),
     'day_minutes', coalesce(sum(minutes) FILTER (WHERE "on" = $3), 0), 'count', count(*),
     'caps', count(*) FILTER (WHERE at_cap), 'no_faults', count(*) FILTER (WHERE no_fault_found),
     'ends', count(*) FILTER (WHERE end_of_cover)) FROM mine) AS technician,
  (SELECT count(DISTINCT neighbour.id) FROM (
     SELECT unit.id FROM unit WHERE unit.model_id = $8 AND unit.serial_key BETWEEN $10 AND $11
       AND length(unit.serial_key) = length($10) AND unit.id <> $7 LIMIT 100) AS neighbour
   JOIN claim ON claim.unit_id = neighbour.id AND claim.partner_id = $4 AND claim.submitted_on > $3::date - 90
   JOIN job ON job.id = claim.job_id AND job.customer_id <> $12) AS neighbours,
  (SELECT json_build_object('marked', count(*) FILTER (WHERE latest.unit_id IS NULL), 'count', count(*)) FROM (
     SELECT scan.unit_id FROM scan
     WHERE scan.partner_id = $4 AND scan.technician_id = $2 AND scan.resolved_at IS NOT NULL
       AND scan.scanned_at > $13::timestamptz - interval '30 days' ORDER BY scan.scanned_at DESC LIMIT 200
   ) AS latest) AS scans,
  (SELECT coalesce(json_agg(other), '[]') FROM (
     SELECT scan.scanned_at AS at, site.city, coalesce(scan.latitude_e6, site.latitude_e6) AS latitude_e6,
       coalesce(scan.longitude_e6, site.longitude_e6) AS longitude_e6
     FROM scan JOIN job ON job.id = scan.job_id JOIN site ON site.id = job.site_id
     WHERE scan.unit_id = $7 AND scan.source <> 'typed' AND job.site_id <> $6
       AND scan.scanned_at BETWEEN $13::timestamptz - interval '30 days' AND $13::timestamptz + interval '30 days'
     LIMIT 20) AS other) AS elsewhere,
  (SELECT coalesce(json_agg(before), '[]') FROM (
     SELECT claim.number AS claim_number, $3::date - measure."on" AS days_before,
       measure.fault_group_id IS NOT DISTINCT FROM $9 AS same_fault, measure.partner_id = $4 AS same_partner
     FROM claim_measure AS measure JOIN claim ON claim.id = measure.claim_id
     WHERE measure.unit_id = $7 AND measure."on" BETWEEN $3::date - 90 AND $3 AND measure.claim_id <> $1
       AND claim.job_id <> $14 AND claim.state NOT IN ('refused', 'withdrawn')
     ORDER BY measure."on" DESC LIMIT 20) AS before) AS earlier,
  (SELECT coalesce(json_agg(near), '[]') FROM (
     SELECT coalesce(visit.arrived_at, visit.started_at) AS began_at, visit.completed_at, site.city,
       site.latitude_e6, site.longitude_e6
     FROM visit JOIN job ON job.id = visit.job_id JOIN site ON site.id = job.site_id
     WHERE visit.technician_id = $2 AND visit.id <> $15 AND job.site_id <> $6 AND visit.completed_at IS NOT NULL
       AND NOT visit.clock_uncertain AND NOT visit.keyed_in_by_office AND job.mode = 'on_site'
       AND visit.planned_from BETWEEN $13::timestamptz - interval '2 days' AND $13::timestamptz + interval '2 days'
     LIMIT 60) AS near) AS visits,
  (SELECT count(*) FROM claim_measure WHERE partner_id = $4 AND city = $5 AND "on" = $3 AND site_id = $6
     AND technician_id = $2 AND travel_minutes > 0 AND claim_id <> $1) AS trips_that_day,
  (SELECT json_build_object('median', coalesce(percentile_cont(0.5) WITHIN GROUP (ORDER BY trip.travel_minutes), 0),
     'mad', 0, 'count', count(*)) FROM (
     SELECT travel_minutes FROM claim_measure
     WHERE partner_id = $4 AND city = $5 AND "on" < $3 AND "on" >= $3::date - 90 AND travel_minutes > 0
     ORDER BY "on" DESC LIMIT 50
   ) AS trip) AS travel_usual,
  EXISTS (SELECT FROM account WHERE account.partner_id = $4 AND length(account.phone_digits) >= 7
     AND right(account.phone_digits, 9) = right($16, 9)) AS contact_is_the_partners,
  (SELECT count(DISTINCT known.customer_id) FROM (
     SELECT contact.customer_id FROM contact WHERE contact.phone_digits = $16 AND length($16) >= 7 LIMIT 50
   ) AS known) AS customers_of_contact,
  (SELECT coalesce(json_agg(core), '[]') FROM (
     (SELECT part_number, $13::date - expected_at::date - 30 AS days_overdue, '' AS mismatch FROM core_return
      WHERE partner_id = $4 AND state = 'expected' AND expected_at < $13::timestamptz - interval '30 days'
      ORDER BY id LIMIT 20)
     UNION ALL
     (SELECT came.part_number, 0, CASE WHEN came.matches = false THEN 'serial' ELSE 'weight' END
      FROM core_return AS came CROSS JOIN LATERAL (
        SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY other.grams) AS grams, count(*) AS weighed FROM (
          SELECT weight_grams::float / quantity AS grams FROM core_return
          WHERE part_number = came.part_number AND weight_grams IS NOT NULL AND id <> came.id ORDER BY id DESC LIMIT 50
        ) AS other) AS usual
      WHERE came.claim_id = $1 AND (came.matches = false OR usual.weighed >= 5
        AND abs(came.weight_grams::float / came.quantity - usual.grams) > 0.3 * usual.grams) LIMIT 20)
   ) AS core) AS returned,
  (SELECT count(DISTINCT other.partner_id) FROM account AS me
   JOIN LATERAL (
     (SELECT one.partner_id FROM account AS one
      WHERE one.phone_digits = me.phone_digits AND length(me.phone_digits) >= 7 LIMIT 20)
     UNION ALL
     (SELECT one.partner_id FROM account AS one WHERE one.email = me.email AND me.email <> '' LIMIT 20)
   ) AS other ON other.partner_id <> me.partner_id
   WHERE me.id = $2) AS partners_of_technician,
  (SELECT coalesce(json_agg(norm), '[]') FROM (
     SELECT what, median, mad, count FROM claim_norm
     WHERE model_id = $8 AND fault_group_id = $9 AND what IN ('labour', 'parts')
        OR model_id = $17 AND fault_group_id = $17 AND what IN ('week', 'caps', 'no_faults', 'ends')) AS norm) AS norms
"""

FORGET_NORMS = "DELETE FROM claim_norm WHERE reckoned_at < $1"
_NORM = """
INSERT INTO claim_norm (what, model_id, fault_group_id, median, mad, count, reckoned_at)
{select}
ON CONFLICT (what, model_id, fault_group_id) DO UPDATE SET median = excluded.median, mad = excluded.mad,
  count = excluded.count, reckoned_at = excluded.reckoned_at
"""
_OF_REPAIR = """
SELECT '{what}', usual.model_id, usual.fault_group_id, usual.median,
  percentile_cont(0.5) WITHIN GROUP (ORDER BY abs(measure.{column} - usual.median)), count(*), $1::timestamptz
FROM claim_measure AS measure JOIN (
  SELECT model_id, fault_group_id, percentile_cont(0.5) WITHIN GROUP (ORDER BY {column}) AS median FROM claim_measure
  WHERE "on" > $2::date - 180 AND fault_group_id IS NOT NULL GROUP BY 1, 2 HAVING count(*) >= 20
) AS usual USING (model_id, fault_group_id)
WHERE measure."on" > $2::date - 180 GROUP BY usual.model_id, usual.fault_group_id, usual.median
"""
_OF_WEEK = """
SELECT 'week', $3::uuid, $3::uuid, coalesce(percentile_cont(0.5) WITHIN GROUP (ORDER BY claims), 0), 0, count(*),
  $1::timestamptz
FROM (SELECT count(*) AS claims FROM claim_measure WHERE "on" > $2::date - 84
      GROUP BY technician_id, ($2::date - "on") / 7) AS week
"""
_OF_SHARE = """
SELECT '{what}', $3::uuid, $3::uuid, coalesce(100.0 * count(*) FILTER (WHERE {column}) / nullif(count(*), 0), 0), 0,
  count(*), $1::timestamptz
FROM claim_measure WHERE "on" > $2::date - 90
"""
RECKON_REPAIRS = tuple(
    _NORM.format(select=_OF_REPAIR.format(what=what, column=column))
    for what, column in (("labour", "labour_minutes"), ("parts", "parts_minor"))
)
"""Norms per model and fault group, as of a moment and a day."""
RECKON_NETWORK = (
    _NORM.format(select=_OF_WEEK),
    *(
        _NORM.format(select=_OF_SHARE.format(what=what, column=column))
        for what, column in (("caps", "at_cap"), ("no_faults", "no_fault_found"), ("ends", "end_of_cover"))
    ),
)
"""Norms of the whole network, as of a moment and a day, under the nil id."""
