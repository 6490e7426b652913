"""What is true and what may happen, in the order one reads it.

- ``kit``: what every context needs: commands, the journal, the one committer, feeds, reads, problems, bounds.
- ``people``: accounts, roles, partners, phones, sessions; ``access`` is the single gate.
- ``catalog``: models, parts, fault codes, labour operations, programmes.
- ``customers``: customers, contacts, sites with their time zones.
- ``installs``: the install base: units, their serials, components, owners.
- ``warranty``: terms, contracts, and the coverage decision.
- ``jobs``: jobs, assignments, visits, slots, and what a technician's phone may hold.
- ``worklog``: the job sheet: time, parts, expenses, faults, readings, photos, signature.
- ``sealing``: tokens, keys and seals: what was sealed, when, and by a key that was valid then.
- ``claims``: scans, warranty claims and their verdicts: the gate decides, points follow, people review.
- ``reports``: the sealed service report, its revisions, its codes; papers by the hundred.
- ``mailing``: letters to customers: each once, in their language.
- ``webhooks``: what partners' systems are told, signed, and tried again.
- ``operations``: what phones sent that needs a person: recorded work, quarantine.
- ``audit``: the chain over the journal: what was sealed stays as it was, or is found out.
- ``commands``: the register of everything that may be asked for, and what follows it.

Contexts call downwards only. The glossary is the trade's; one word stands for one thing in code, JSON, SQL, screen and
print.
"""
