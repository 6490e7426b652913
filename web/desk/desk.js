// The office's desk: sign in, list jobs, make a new one, assign it. Plain by intent; every rule is the API's.
import { recordedWork } from '/desk/recorded.js';
import { language, say } from '/desk/words.js';

const main = document.getElementById('main');
const nav = document.getElementById('nav');
const DESK = ['admin', 'dispatcher', 'service_manager'];
const STATES = ['open', 'assigned', 'accepted', 'in_progress', 'completed', 'cancelled'];
const KINDS = ['repair', 'install', 'maintain', 'inspect', 'advise'];
const LISTS_MAX = 200;
let me = null;
let people = [];
let partners = [];

document.documentElement.lang = language;

/** Make an element; attributes that are functions become listeners, children that are strings become text. */
function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'function') node.addEventListener(name, value);
    else if (value === true) node.setAttribute(name, '');
    else if (value !== false && value != null) node.setAttribute(name, value);
  }
  node.append(...children.flat().filter((child) => child != null));
  return node;
}

class Refused extends Error {
  constructor(problem) {
    super(problem.detail || problem.title);
    this.problem = problem;
  }
}

/** Call the API; a write carries a key, so that repeating it after a lost answer cannot happen twice. */
async function call(method, path, body, key = crypto.randomUUID()) {
  const headers = { accept: 'application/json' };
  if (body !== undefined) Object.assign(headers, { 'content-type': 'application/json', 'idempotency-key': key });
  let response;
  try {
    response = await fetch(path, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) });
  } catch {
    throw new Refused({ detail: say('away') });
  }
  const answer = await response.json().catch(() => ({ detail: say('away') }));
  if (response.status === 401 && me) {
    me = null;
    document.querySelector('dialog')?.close();
    showSignIn(say('ended'));
  }
  if (!response.ok) throw new Refused(answer);
  return answer;
}

const get = (path, query = {}) => {
  const given = Object.fromEntries(Object.entries(query).filter(([, value]) => value !== '' && value != null));
  return call('GET', `${path}?${new URLSearchParams(given)}`);
};

/**
 * A form whose button is off while its answer is under way, and which shows what was refused. Its key is kept while
 * nobody knows what became of the write, so that pressing again repeats it, and renewed once it was refused.
 */
function form(fields, button, submit) {
  const error = el('p', { class: 'error', role: 'alert', hidden: true });
  let key = crypto.randomUUID();
  const node = el('form', {
    submit: async (event) => {
      event.preventDefault();
      const pressed = node.querySelector('button[type=submit]');
      pressed.disabled = true;
      error.hidden = true;
      try {
        await submit(Object.fromEntries(new FormData(node)), key);
      } catch (refused) {
        error.textContent = refused.message;
        error.hidden = false;
        if (refused.problem?.status < 500) key = crypto.randomUUID();
      } finally {
        pressed.disabled = false;
      }
    },
  }, error, fields, el('button', { type: 'submit' }, button));
  return node;
}

function field(name, label, control) {
  control.id = `f-${name}`;
  control.name = name;
  return el('div', {}, el('label', { for: control.id }, label), control);
}

const input = (attributes = {}) => el('input', attributes);
const choice = (options, chosen) =>
  el('select', {}, options.map(([value, text]) => el('option', { value, selected: value === chosen }, text)));

/** A date and time in the browser's zone; `at` is rounded down to the hour. */
function localInput(at) {
  at.setMinutes(0, 0, 0);
  return input({ type: 'datetime-local', required: true, value: new Date(at - at.getTimezoneOffset() * 60e3).toISOString().slice(0, 16) });
}

const inHours = (hours, from = new Date()) => new Date(from.getTime() + hours * 3600e3);
const moment = (text) => new Date(text).toISOString();
const here = Intl.DateTimeFormat().resolvedOptions().timeZone;

/** A moment as the site's clock shows it; a site in another zone than the browser's is named with it. */
function shown(text, zone) {
  const time = new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'short', timeZone: zone || undefined }).format(new Date(text));
  return zone && zone !== here ? [time, el('div', { class: 'soft' }, zone)] : [time];
}

function showSignIn(note) {
  nav.replaceChildren();
  main.replaceChildren(el('div', { class: 'narrow card' },
    el('h1', {}, say('signIn')),
    note ? el('p', {}, note) : null,
    form([
      field('login', say('login'), input({ required: true, autocomplete: 'username', autocapitalize: 'none' })),
      field('password', say('password'), input({ type: 'password', required: true, autocomplete: 'current-password' })),
    ], say('signIn'), async (given) => {
      me = await call('POST', '/sign-in/browser', given);
      await enter();
    })));
}

function showWelcome() {
  const token = location.hash.slice(1);
  main.replaceChildren(el('div', { class: 'narrow card' },
    el('h1', {}, say('welcome')),
    form([field('password', say('newPassword'), input({ type: 'password', required: true, minlength: 10, autocomplete: 'new-password' }))],
      say('setPassword'), async (given) => {
        await call('POST', '/sign-in/password', { token, password: given.password });
        history.replaceState(null, '', '/');
        showSignIn(say('passwordSet'));
      })));
}

async function enter() {
  if (![...DESK, 'partner_office', 'reviewer', 'parts_manager'].includes(me.role)) {
    main.replaceChildren(el('p', { class: 'card' }, say('notForYou'), ' ', el('a', { href: '/app/' }, say('toApp'))));
  } else {
    const lists = [get('/partners', { limit: LISTS_MAX })];
    if ([...DESK, 'partner_office'].includes(me.role)) lists.push(get('/people', { role: 'technician', limit: LISTS_MAX }));
    const [partnerPage, peoplePage] = await Promise.all(lists);
    partners = partnerPage.items;
    people = peoplePage?.items ?? [];
    await showJobs();
  }
  nav.replaceChildren(
    el('span', {}, me.name),
    el('button', { class: 'plain', click: () => told(showJobs) }, say('jobs')),
    DESK.includes(me.role) ? el('button', { class: 'plain', click: () => showNewJob() }, say('newJob')) : '',
    el('button', { class: 'plain', click: () => told(leave) }, say('signOut')));
}

async function leave() {
  await call('POST', '/sign-out', {});
  me = null;
  showSignIn();
}

/** Do something that a form does not, and show what was refused. */
async function told(act) {
  try {
    await act();
  } catch (refused) {
    if (me) main.prepend(el('p', { class: 'card error', role: 'alert' }, refused.message));
  }
}

async function showJobs(note, state = '') {
  const rows = el('tbody');
  const more = el('button', { class: 'plain inline', hidden: true }, say('more'));
  const decided = () => showJobs(undefined, state);
  const waiting = DESK.includes(me.role) ? await recordedWork({ el, get, call, form, dialog, shown, decided }) : null;
  const filter = choice([['', say('all')], ...STATES.map((one) => [one, say(one)])], state);
  filter.id = 'state';
  filter.addEventListener('change', () => told(() => showJobs(undefined, filter.value)));
  main.replaceChildren(
    note ? el('p', { class: 'card good', role: 'status' }, note) : '',
    el('h1', {}, say('jobs')),
    waiting ?? '',
    el('div', { class: 'tools' }, el('div', {}, el('label', { for: 'state' }, say('state')), filter)),
    el('div', { class: 'card' },
      el('table', {}, el('thead', {}, el('tr', {}, ['number', 'what', 'where', 'when', 'who', 'state'].map((key) => el('th', { scope: 'col' }, say(key))), el('th'))), rows),
      more));
  let cursor = '';
  async function fill() {
    const page = await get('/jobs', { state, cursor, limit: 25 });
    rows.append(...page.items.map(jobRow));
    if (!rows.children.length) rows.append(el('tr', {}, el('td', { colspan: 7 }, say('none'))));
    cursor = page.next;
    more.hidden = !cursor;
  }
  more.addEventListener('click', () => told(fill));
  await fill();
}

function jobRow(job) {
  const who = job.technician ?? partnerName(job.partner_id) ?? (job.state === 'open' ? say('nobody') : say('own'));
  const closed = ['completed', 'cancelled'].includes(job.state);
  const mayAssign = [...DESK, 'partner_office'].includes(me.role) && !closed;
  return el('tr', {},
    el('td', { class: 'number' }, String(job.number)),
    el('td', {}, job.subject, el('div', { class: 'soft' }, `${say(job.kind)} · ${job.model_name} · ${job.serial}`)),
    el('td', {}, job.customer_name, el('div', { class: 'soft' }, `${job.site_name}, ${job.city}`)),
    el('td', { class: 'number' }, shown(job.required_from, job.time_zone)),
    el('td', {}, who),
    el('td', {}, el('span', { class: `state ${job.state}` }, say(job.state))),
    el('td', {}, el('div', { class: 'row' },
      mayAssign ? el('button', { class: 'plain', click: () => assignDialog(job) }, say(job.state === 'open' ? 'assign' : 'reassign')) : '',
      DESK.includes(me.role) && !closed ? el('button', { class: 'plain', click: () => cancelDialog(job) }, say('cancel')) : '')));
}

const partnerName = (id) => partners.find((partner) => partner.id === id)?.name;

function dialog(title, ...content) {
  const node = el('dialog', { close: () => node.remove() },
    el('h2', {}, title), content,
    el('p', {}, el('button', { class: 'plain inline', type: 'button', click: () => node.close() }, say('close'))));
  document.body.append(node);
  node.showModal();
  return node;
}

function assignDialog(job) {
  const own = ['', say('own')];
  const sides = me.role === 'partner_office' ? partners.map((p) => [p.id, p.name]) : [own, ...partners.map((p) => [p.id, p.name])];
  const side = choice(sides, job.partner_id ?? '');
  const technician = el('select');
  const refill = () => {
    const crew = people.filter((person) => (person.partner_id ?? '') === side.value && !person.disabled_at);
    const free = side.value && me.role !== 'partner_office' ? [['', say('anyone')]] : [];
    technician.replaceChildren(...choice([...free, ...crew.map((person) => [person.id, person.name])]).children);
  };
  side.addEventListener('change', refill);
  refill();
  const wanted = new Date(Math.max(new Date(job.required_from), inHours(1)));
  const open = dialog(`${say('assign')} ${job.number}`, form([
    field('side', say('partner'), side),
    field('technician', say('technician'), technician),
    el('p', { class: 'soft' }, `${say('slot')} (${say('yourTime')}: ${here})`),
    el('div', { class: 'fields' }, field('from', say('from'), localInput(wanted)), field('to', say('to'), localInput(inHours(2, wanted)))),
  ], say('assign'), async (given, key) => {
    const body = { job_id: job.id, partner_id: given.side || null, technician_id: given.technician || null };
    if (body.technician_id) Object.assign(body, { planned_from: moment(given.from), planned_to: moment(given.to) });
    await call('POST', '/jobs/assign', body, key);
    open.close();
    await showJobs();
  }));
}

function cancelDialog(job) {
  const open = dialog(`${say('cancel')} ${job.number}`, form(
    [field('reason', say('reason'), input({ required: true, minlength: 3, maxlength: 500 }))],
    say('cancel'), async (given, key) => {
      await call('POST', '/jobs/cancel', { job_id: job.id, reason: given.reason }, key);
      open.close();
      await showJobs();
    }));
}

function showNewJob() {
  let unit = null;
  const chosen = el('p', { class: 'soft' });
  const found = el('div', { class: 'found' });
  const search = input({ type: 'search', id: 'find', enterkeyhint: 'search' });
  async function find() {
    const text = search.value.trim();
    if (!text) return;
    try {
      await show(text);
    } catch (refused) {
      found.replaceChildren(el('p', { class: 'error' }, refused.message));
    }
  }
  async function show(text) {
    const phone = /^[+\d][\d\s()./-]{5,}$/.test(text);
    const bySerial = await get('/units', { serial: text, limit: 10 });
    let units = bySerial.items;
    if (!units.length) units = (await get('/units', phone ? { phone: text, limit: 10 } : { customer: text, limit: 10 })).items;
    found.replaceChildren(...units.map((one) => el('button', { type: 'button', class: 'plain', click: () => { unit = one; found.replaceChildren(); chosen.textContent = unitLine(one); } }, unitLine(one))));
    if (!units.length) found.replaceChildren(el('p', { class: 'error' }, say('noUnit')));
  }
  search.addEventListener('keydown', (event) => {
    if (event.key === 'Enter') { event.preventDefault(); find(); }
  });
  main.replaceChildren(el('div', { class: 'card' },
    el('h1', {}, say('newJob')),
    el('label', { for: 'find' }, `${say('unit')}: ${say('findUnit')}`),
    search,
    el('p', {}, el('button', { class: 'plain inline', type: 'button', click: find }, say('find'))),
    found, chosen,
    form([el('div', { class: 'fields' },
      field('kind', say('kind'), choice(KINDS.map((kind) => [kind, say(kind)]), 'repair')),
      field('priority', say('priority'), input({ type: 'number', min: 1, max: 5, value: 3, required: true })),
      field('minutes', say('minutes'), input({ type: 'number', min: 5, max: 1440, value: 60, required: true })),
      el('div', { class: 'whole' }, field('subject', say('subject'), input({ required: true, maxlength: 200 }))),
      el('div', { class: 'whole' }, field('problem', say('problem'), el('textarea', { rows: 3, maxlength: 4000 }))),
      field('from', say('from'), localInput(inHours(24))),
      field('to', say('to'), localInput(inHours(28)))),
    el('p', { class: 'soft' }, `${say('yourTime')}: ${here}`)],
    say('create'), async (given, key) => {
      if (!unit) throw new Error(say('choose'));
      if (!unit.customer_id) throw new Error(say('noOwner'));
      const job = await call('POST', '/jobs', {
        kind: given.kind, customer_id: unit.customer_id, site_id: unit.site_id, unit_id: unit.id, subject: given.subject,
        problem: given.problem, priority: Number(given.priority), estimated_minutes: Number(given.minutes),
        required_from: moment(given.from), required_to: moment(given.to),
      }, key);
      await showJobs(`${say('created')} ${job.number}`);
      assignDialog({ ...job, partner_id: null, required_from: moment(given.from) });
    })));
}

const unitLine = (unit) => [unit.model_name, unit.serial, unit.customer_name, unit.city].filter(Boolean).join(' · ');

async function start() {
  if (location.pathname === '/welcome') return showWelcome();
  try {
    me = await call('GET', '/me');
  } catch {
    return showSignIn();
  }
  return told(enter);
}

start();
