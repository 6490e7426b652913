"""The kinds of files that can be imported, in the order in which they lean on each other."""

from api.imports import master_data, people, permits, units
from api.imports.kinds import Kind

KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        master_data.PROGRAMMES,
        master_data.PROGRAMME_VERSIONS,
        master_data.MODELS,
        master_data.COMPONENTS,
        master_data.PARTS,
        master_data.FAULT_GROUPS,
        master_data.FAULT_CODES,
        master_data.LABOUR_OPERATIONS,
        master_data.PART_LIMITS,
        master_data.WARRANTY_TERMS,
        people.PARTNERS,
        people.PEOPLE,
        permits.AUTHORISATIONS,
        permits.CERTIFICATIONS,
        people.CUSTOMERS,
        people.CONTACTS,
        people.SITES,
        units.UNITS,
        units.COMPONENTS_OF_UNITS,
        people.CONTRACTS,
        people.CONTRACT_UNITS,
    )
}
