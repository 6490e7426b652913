"""The scored rules: what is unusual about a claim, in points with a plain sentence each. None of them refuses.

A weight of 100 is enough for a person to look at the claim; less needs company. The bounds are of the trade, not of a
programme: what is possible for one person in one day, what an honest share looks like beside everybody's.
"""

from collections.abc import Callable
from dataclasses import dataclass

from domain.claims.score_facts import ClaimScore, Norm, Points, ScoreFacts, ScoreHit, Share
from domain.claims.scoring_evidence import (
    contact_shared,
    customer_denies,
    gallery,
    impossible_travel,
    old_part_missing,
    old_part_other,
    people_shared,
    photo_alike,
    photo_outside_visit,
    position_away,
    tag_in_two_places,
    trip_billed_twice,
)

SCORING_VERSION = 3
week_min, week_times = 8, 3.0
"""A busy week is at least this many claims, and so many times the usual."""
day_minutes_max, day_visits_max = 16 * 60, 14
neighbours_min, neighbours_many = 3, 5
scans_min, unknown_percent, unknown_percent_high = 10, 20, 50
cover_days_left_max = 30
share_count_min, share_times = 12, 3.0
"""A share says something from this many claims on, and when it is so many times the network's."""
cap_percent, no_fault_percent, end_of_cover_percent = 90, 40, 40
struck_late_min = 3
norm_count_min = 20
outlier_score, outlier_score_high = 3.5, 6.0
"""Modified z-scores. Source: Iglewicz and Hoaglin, How to Detect and Handle Outliers, 1993."""
mad_to_deviation = 0.6745
travel_count_min = 5


def busy_week(facts: ScoreFacts) -> Points | None:
    """Compare the technician's week with the same technician's weeks before."""
    if facts.own_week is None or facts.week < week_min or facts.week <= week_times * facts.own_week:
        return None
    return Points(
        50,
        "busier-than-before",
        f"{facts.week} claims of this technician in seven days; {facts.own_week:.1f} a week before.",
        {"week": facts.week, "own_week": facts.own_week},
    )


def busier_than_others(facts: ScoreFacts) -> Points | None:
    """Compare the technician's week with everybody's."""
    usual = facts.usual_week
    if usual is None or usual.count < norm_count_min or facts.week < week_min:
        return None
    if facts.week <= week_times * usual.median:
        return None
    return Points(
        50,
        "busier-than-others",
        f"{facts.week} claims of this technician in seven days; {usual.median:g} are usual.",
        {"week": facts.week, "usual_week": usual.median},
    )


def faster_than_a_human(facts: ScoreFacts) -> Points | None:
    """Add up what one person claims to have done on one day."""
    if facts.day_minutes <= day_minutes_max and facts.day_visits <= day_visits_max:
        return None
    return Points(
        100,
        "faster-than-a-human",
        f"{facts.day_minutes / 60:.1f} hours of work and travel on {facts.day_visits} visits claimed for one person "
        "on one day.",
        {"day_minutes": facts.day_minutes, "day_visits": facts.day_visits},
    )


def serial_run(facts: ScoreFacts) -> Points | None:
    """Look for claims that walk along the serials, at different customers."""
    if facts.neighbours < neighbours_min:
        return None
    return Points(
        100 if facts.neighbours >= neighbours_many else 60,
        "serial-run",
        f"{facts.neighbours} other claims of this partner are on neighbouring serials of other customers.",
        {"neighbours": facts.neighbours},
    )


def unknown_serials(facts: ScoreFacts) -> Points | None:
    """Look at how many of the technician's latest readings name no unit."""
    scans = facts.scans
    if scans is None or scans.count < scans_min or scans.percent < unknown_percent:
        return None
    return Points(
        100 if scans.percent >= unknown_percent_high else 50,
        "unknown-serials",
        f"{scans.marked} of the latest {scans.count} readings of this technician name no known unit.",
        {"unknown": scans.marked, "scans": scans.count},
    )


def end_of_cover(facts: ScoreFacts) -> Points | None:
    """Look at the last month of the cover, and at technicians who are often there."""
    left = facts.days_of_cover_left
    if left is None or not 0 <= left <= cover_days_left_max:
        return None
    often = _stands_out(facts.ends_of_cover, end_of_cover_percent)
    said = f"The failure is {left} days before the cover ends"
    share = facts.ends_of_cover
    said += f"; so are {share.marked} of {share.count} claims of this technician." if often and share else "."
    inputs = {"days_left": left, "often": often}
    return Points(100 if often else 20, "end-of-cover", said, inputs)


def labour_over_time_on_site(facts: ScoreFacts) -> Points | None:
    """Compare the minutes to be paid with the minutes between arriving and leaving."""
    there, asked = facts.on_site_minutes, facts.labour_minutes
    if there is None or asked - there <= 30 or asked <= 1.5 * there:
        return None
    return Points(
        100 if asked - there > 90 and asked > 2 * there else 50,
        "labour-over-time-on-site",
        f"{asked} minutes of labour, {there} minutes on site.",
        {"labour_minutes": asked, "on_site_minutes": there},
    )


def struck_late(facts: ScoreFacts) -> Points | None:
    """Look for a sheet that was rewritten just before it was handed in."""
    if facts.lines_struck_late < struck_late_min:
        return None
    return Points(
        50,
        "edited-before-submission",
        f"{facts.lines_struck_late} lines were struck out in the last minutes before the sheet was handed in.",
        {"lines": facts.lines_struck_late},
    )


def labour_outlier(facts: ScoreFacts) -> Points | None:
    """Compare the labour with what this fault of this model usually takes."""
    return _outlier(facts.labour_usual, facts.labour_minutes, 5.0, "labour-outlier", "minutes of labour")


def parts_outlier(facts: ScoreFacts) -> Points | None:
    """Compare the value of the parts with what this fault of this model usually needs."""
    return _outlier(facts.parts_usual, facts.parts_minor, 100.0, "parts-outlier", "of parts in minor units")


def parts_without_fault(facts: ScoreFacts) -> Points | None:
    """Look for parts that no fault explains: they take no slot, so that nothing else stops the same ones twice.

    Maintenance needs parts without a fault; where the customer's contract pays them they are nothing unusual.
    """
    if not facts.parts_claimed or facts.parts_by_contract or facts.fault_found is not False:
        return None
    why = "no fault was found" if facts.no_fault_found else "no fault is on the sheet"
    inputs = {"parts": facts.parts_claimed, "no_fault_found": facts.no_fault_found}
    return Points(100, "parts-without-fault", f"{facts.parts_claimed} parts are claimed; {why}.", inputs)


def much_money(facts: ScoreFacts) -> Points | None:
    """Look for a sum that no single person may approve: the rules alone do not let it pass either."""
    most = facts.two_people_over_minor
    if most is None or facts.asked_minor <= most:
        return None
    said = f"{facts.asked_minor} in minor units is asked for; of more than {most} two people decide."
    return Points(100, "much-money", said, {"asked_minor": facts.asked_minor, "two_people_over_minor": most})


def always_at_cap(facts: ScoreFacts) -> Points | None:
    """Look for technicians whose labour is nearly always exactly what is allowed."""
    share = facts.caps
    if not facts.at_cap or share is None or not _stands_out(share, cap_percent, times=1.5):
        return None
    return _share_points(100, "always-at-the-cap", "ask for exactly the minutes that are allowed", share)


def no_fault_found(facts: ScoreFacts) -> Points | None:
    """Look for technicians who often find nothing."""
    share = facts.no_faults
    if not facts.no_fault_found or share is None or not _stands_out(share, no_fault_percent):
        return None
    return _share_points(100, "no-fault-found-often", "found no fault", share)


def repeat(facts: ScoreFacts) -> Points | None:
    """Look for units that fail again soon after a repair that was paid."""
    recent = [one for one in facts.earlier if 0 <= one.days_before <= 90]
    if not recent:
        return None
    nearest = min(one.days_before for one in recent)
    points = 100 if len(recent) > 1 else 60 if nearest <= 30 else 30
    numbers = [one.claim_number for one in recent]
    said = f"{len(recent)} earlier claims on this unit within 90 days, the last {nearest} days before."
    return Points(
        points,
        "repeat-within-30-days" if nearest <= 30 else "repeat-within-90-days",
        said,
        {
            "claims": numbers,
            "days_before": nearest,
            "same_fault": any(one.same_fault for one in recent),
        },
    )


def travel_over_usual(facts: ScoreFacts) -> Points | None:
    """Compare the travel with the way from the visit before, else with this partner's own trips to this city.

    A way is taken as the straight line × 1.3, at 40 km/h and with a quarter of an hour for both ends.
    """
    asked = facts.travel_minutes
    ways = [leg.metres for leg in facts.legs if leg.metres is not None]
    if ways:
        expected = round(max(ways) / 1000 * 1.3 / 40 * 60 + 15)
        source = "the way from the visit next to it"
    elif facts.travel_usual is not None and facts.travel_usual.count >= travel_count_min:
        expected, source = round(facts.travel_usual.median), "this partner's usual trip to this city"
    else:
        return None
    if asked - expected <= 30 or asked <= 2 * expected:
        return None
    return Points(
        100 if asked - expected > 45 and asked > 2.5 * expected else 50,
        "travel-over-the-way",
        f"{asked} minutes of travel; {source} takes {expected}.",
        {"travel_minutes": asked, "expected_minutes": expected},
    )


def _stands_out(share: Share | None, percent: float, times: float = share_times) -> bool:
    """Tell whether a share is high both in itself and beside everybody's."""
    if share is None or share.count < share_count_min or share.percent < percent:
        return False
    return share.usual_percent is None or share.percent >= times * share.usual_percent


def _share_points(points: int, reason: str, what: str, share: Share) -> Points:
    said = f"{share.marked} of the last {share.count} claims of this technician {what}"
    said += "." if share.usual_percent is None else f"; {share.usual_percent:.0f} of a hundred do in the whole network."
    return Points(points, reason, said, {"marked": share.marked, "count": share.count, "usual": share.usual_percent})


def _outlier(usual: Norm | None, asked: int, mad_min: float, reason: str, what: str) -> Points | None:
    """Give points to what lies far above the median, in units of the median distance from it."""
    if usual is None or usual.count < norm_count_min:
        return None
    score = mad_to_deviation * (asked - usual.median) / max(usual.mad, usual.median * 0.1, mad_min)
    if score <= outlier_score:
        return None
    return Points(
        100 if score > outlier_score_high else 50,
        reason,
        f"{asked} {what}; {usual.median:g} are usual for this fault of this model.",
        {"asked": asked, "median": usual.median, "mad": usual.mad, "count": usual.count, "z": round(score, 1)},
    )


@dataclass(frozen=True, slots=True)
class ScoredRule:
    """A scored rule: ``weight`` is the most it can give."""

    id: str
    version: int
    weight: int
    look: Callable[[ScoreFacts], Points | None]


SCORED: tuple[ScoredRule, ...] = (
    ScoredRule("S1", 1, 50, busy_week),
    ScoredRule("S2", 1, 50, busier_than_others),
    ScoredRule("S3", 1, 100, faster_than_a_human),
    ScoredRule("S4", 1, 100, serial_run),
    ScoredRule("S5", 1, 100, unknown_serials),
    ScoredRule("S6", 1, 100, tag_in_two_places),
    ScoredRule("S7", 1, 100, end_of_cover),
    ScoredRule("S8", 1, 100, labour_over_time_on_site),
    ScoredRule("S9", 1, 50, struck_late),
    ScoredRule("S10", 1, 100, labour_outlier),
    ScoredRule("S11", 1, 100, parts_outlier),
    ScoredRule("S12", 1, 100, always_at_cap),
    ScoredRule("S13", 1, 100, no_fault_found),
    ScoredRule("S14", 1, 100, repeat),
    ScoredRule("S15", 1, 100, travel_over_usual),
    ScoredRule("S16", 1, 100, impossible_travel),
    ScoredRule("S17", 1, 100, trip_billed_twice),
    ScoredRule("S18", 2, 100, photo_alike),
    ScoredRule("S19", 1, 60, photo_outside_visit),
    ScoredRule("S20", 1, 40, gallery),
    ScoredRule("S21", 1, 100, position_away),
    ScoredRule("S22", 1, 100, customer_denies),
    ScoredRule("S23", 1, 60, contact_shared),
    ScoredRule("S24", 1, 40, people_shared),
    ScoredRule("S25", 1, 20, old_part_missing),
    ScoredRule("S26", 1, 100, old_part_other),
    ScoredRule("S27", 1, 100, parts_without_fault),
    ScoredRule("S28", 1, 100, much_money),
)


def score(facts: ScoreFacts) -> ClaimScore:
    """Give a claim its points: the sum of what every rule found."""
    hits = tuple(hit for rule in SCORED if (hit := _judge(rule, facts)) is not None)
    return ClaimScore(points=sum(hit.points for hit in hits), version=SCORING_VERSION, findings=hits)


def _judge(rule: ScoredRule, facts: ScoreFacts) -> ScoreHit | None:
    found = rule.look(facts)
    if found is None:
        return None
    return ScoreHit(
        rule=rule.id,
        version=rule.version,
        points=found.points,
        reason=found.reason,
        sentence=found.sentence,
        inputs=found.inputs,
    )
