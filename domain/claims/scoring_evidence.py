"""The scored rules on places, photos, people and returned parts. See ``scoring`` for what points mean."""

from domain.claims.score_facts import Alike, Points, ScoreFacts
from domain.worklog.print_bits import looks_alike, same_bits_max

far_metres = 20_000
"""Beyond a town: no reading of one label lies so far from the other."""
elsewhere_hours_max = 30 * 24
speed_max_km_h = 130
cities_apart_minutes = 10
photo_minutes_spare = 120
away_metres, away_metres_high = 1_000, 20_000
customers_of_contact_min = 3
overdue_min = 3
"""One part may be lost; and it says little of this claim, so its points are few."""


def tag_in_two_places(facts: ScoreFacts) -> Points | None:
    """Look for the same label read at another place within a month."""
    seen = [
        one
        for one in facts.elsewhere
        if one.hours_apart <= elsewhere_hours_max
        and (not one.same_city if one.metres is None else one.metres > far_metres)
    ]
    if not seen:
        return None
    nearest = min(one.hours_apart for one in seen)
    return Points(
        100,
        "tag-in-two-places",
        f"The same machine was read at another place {nearest} hours apart.",
        {"hours_apart": nearest, "readings": len(seen)},
    )


def impossible_travel(facts: ScoreFacts) -> Points | None:
    """Look for a way between two visits that nobody can travel in the time between them."""
    for leg in facts.legs:
        minutes = max(leg.minutes, 0)
        if leg.metres is None:
            if leg.same_city or minutes >= cities_apart_minutes:
                continue
            said = f"{minutes} minutes between visits in two cities."
        else:
            if leg.metres / 1000 <= speed_max_km_h * minutes / 60 + 1:
                continue
            said = f"{leg.metres / 1000:.0f} km in {minutes} minutes between two visits."
        return Points(100, "impossible-travel", said, {"minutes": minutes, "metres": leg.metres})
    return None


def trip_billed_twice(facts: ScoreFacts) -> Points | None:
    """Look for travel to the same site on the same day in another claim."""
    if not facts.travel_minutes or not facts.trips_that_day:
        return None
    return Points(
        100,
        "trip-billed-twice",
        f"{facts.trips_that_day} other claims bill travel to this site on this day.",
        {"trips": facts.trips_that_day},
    )


def photo_alike(facts: ScoreFacts) -> Points | None:
    """Look for a photo that was already used for another machine; labels of one model look alike by nature."""
    best: Points | None = None
    for photo in facts.photos:
        for one in photo.alike:
            if not _is_alike(one):
                continue
            found = Points(
                40 if one.label_of_same_model else 100,
                "photo-used-before",
                f"A photo ({photo.kind}) looks like one of another machine"
                + (f" in claim {one.claim_number}" if one.claim_number else "")
                + (", mirrored." if one.mirrored else "."),
                {
                    "photo": str(photo.id),
                    "other_photo": str(one.photo_id),
                    "claim": one.claim_number,
                    "difference_bits": one.difference_bits,
                    "frequency_bits": one.frequency_bits,
                },
            )
            best = found if best is None or found.points > best.points else best
    return best


def _is_alike(one: Alike) -> bool:
    """Decide whether a photo is another one again; of labels of one model only what was merely saved anew is."""
    if one.difference_bits is None or one.frequency_bits is None:
        return False
    if one.label_of_same_model:
        return max(one.difference_bits, one.frequency_bits) <= same_bits_max
    return looks_alike(one.difference_bits, one.frequency_bits)


def photo_outside_visit(facts: ScoreFacts) -> Points | None:
    """Look for a photo whose camera says that it was taken before or after the visit."""
    outside = [photo for photo in facts.photos if (photo.minutes_outside or 0) > photo_minutes_spare]
    if not outside:
        return None
    most = max(photo.minutes_outside or 0 for photo in outside)
    return Points(
        60,
        "photo-outside-the-visit",
        f"{len(outside)} photos were taken up to {most / 60:.0f} hours outside the visit.",
        {"photos": [str(photo.id) for photo in outside], "minutes_outside": most},
    )


def gallery(facts: ScoreFacts) -> Points | None:
    """Look for photos that were not taken with the app."""
    found = [str(photo.id) for photo in facts.photos if photo.from_gallery]
    if not found:
        return None
    return Points(40, "photo-from-gallery", f"{len(found)} photos were chosen from the gallery.", {"photos": found})


def position_away(facts: ScoreFacts) -> Points | None:
    """Look for a photo or a reading that was made away from the site."""
    metres = [photo.metres_from_site for photo in facts.photos if photo.metres_from_site is not None]
    metres += [] if facts.scan_metres_from_site is None else [facts.scan_metres_from_site]
    farthest = max(metres, default=0)
    if farthest <= away_metres:
        return None
    return Points(
        100 if farthest > away_metres_high else 60,
        "position-away-from-site",
        f"A photo or a reading was made {farthest / 1000:.1f} km away from the site.",
        {"metres": farthest},
    )


def customer_denies(facts: ScoreFacts) -> Points | None:
    """Hear what the customer says of the visit."""
    if facts.customer_disputes:
        return Points(
            50, "customer-disputes-report", "The customer says that the report does not tell what was done.", {}
        )
    if not facts.customer_denies:
        return None
    return Points(100, "customer-says-no-visit", "The customer says that nobody came.", {})


def contact_shared(facts: ScoreFacts) -> Points | None:
    """Look for a customer whose number is the partner's, or many customers'."""
    if facts.contact_is_the_partners:
        return Points(60, "contact-is-the-partner", "The customer's number is one of the partner's own people.", {})
    if facts.customers_of_contact < customers_of_contact_min:
        return None
    return Points(
        60,
        "contact-of-several-customers",
        f"The contact's number stands at {facts.customers_of_contact} customers.",
        {"customers": facts.customers_of_contact},
    )


def people_shared(facts: ScoreFacts) -> Points | None:
    """Look for a technician whose phone or address is also that of another partner's people."""
    if not facts.partners_of_technician:
        return None
    return Points(
        40,
        "person-of-two-partners",
        "The technician's phone or address is also that of another partner's people.",
        {"partners": facts.partners_of_technician},
    )


def old_part_missing(facts: ScoreFacts) -> Points | None:
    """Look for old parts of this partner that should be back."""
    overdue = [one for one in facts.returned if one.days_overdue > 0]
    if len(overdue) < overdue_min:
        return None
    most = max(one.days_overdue for one in overdue)
    return Points(
        20,
        "old-part-not-returned",
        f"{len(overdue)} old parts are overdue, by up to {most} days.",
        {"parts": [one.part for one in overdue], "days_overdue": most},
    )


def old_part_other(facts: ScoreFacts) -> Points | None:
    """Look for old parts that came back and are not those that were to come."""
    other = [one for one in facts.returned if one.mismatch]
    if not other:
        return None
    return Points(
        100,
        "old-part-differs",
        f"{len(other)} old parts that came back differ in {' and '.join(sorted({one.mismatch for one in other}))}.",
        {"parts": [one.part for one in other]},
    )
