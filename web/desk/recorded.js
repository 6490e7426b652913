// Work that technicians recorded after its job went away: shown until the office accepts or declines it, all of one
// technician on one job with one press.
import { say } from '/desk/words.js';

const AT_MOST = 200;

/** Return the card with what waits for a decision, or nothing; `decided` runs after each decision. */
export async function recordedWork({ el, get, call, form, dialog, shown, decided }) {
  const { items, next } = await get('/recorded-work', { limit: AT_MOST });
  if (!items.length) return null;
  const groups = new Map();
  for (const one of items) {
    const key = `${one.job_id} ${one.actor_id}`;
    groups.set(key, [...(groups.get(key) ?? []), one]);
  }

  async function decide(works, decision, note, key) {
    await call('POST', '/recorded-work/decide', { op_ids: works.map((one) => one.op_id), decision, note }, key);
    await decided();
  }

  function look(works) {
    const [first] = works;
    const open = dialog(`${say('workBy')} ${first.technician}`,
      el('ol', { class: 'recorded' }, works.map((one) => el('li', {},
        say(one.kind), el('div', { class: 'soft' }, [shown(one.recorded_at ?? one.at)[0], details(one.sent?.body)].filter(Boolean).join(' · '))))),
      form([], say('accept'), async (_, key) => { await decide(works, 'accept', '', key); open.close(); }),
      form([el('label', { for: 'note' }, say('declineWhy')), el('input', { id: 'note', name: 'note', required: true, maxlength: 500 })],
        say('decline'), async (given, key) => { await decide(works, 'decline', given.note, key); open.close(); }));
  }

  return el('section', { class: 'card warn', 'aria-label': say('needsDecision') },
    el('h2', {}, `${say('needsDecision')} (${items.length}${next ? '+' : ''})`),
    [...groups.values()].map((works) => {
      const [first] = works;
      return el('div', { class: 'row between' },
        el('div', {}, `${first.job_number ?? '–'} ${first.subject ?? ''}`,
          el('div', { class: 'soft' }, `${say('workBy')} ${first.technician} · ${works.length} × · ${say(first.reason)}`)),
        el('button', { class: 'plain', click: () => look(works) }, say('decide')));
    }));
}

/** Say in one line what a command holds, without ids and moments. */
function details(body) {
  return Object.entries(body ?? {})
    .filter(([name, value]) => !/_id$|^(id|at|lines|collection|signature)$|_at$/.test(name) && ['string', 'number'].includes(typeof value) && value !== '')
    .map(([, value]) => say(String(value)))
    .join(' · ');
}
