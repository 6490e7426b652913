/** What a change of a programme's limits and modes would mean. Pure: no browser in here. */

export interface Version {
  from_on: string;
  set_at: string;
  limits: Record<string, unknown>;
  modes: Record<string, unknown>;
}

/** The version that holds on a day: the latest begun by then; of two from one day, the one that was set later. */
export function versionOn<V extends Version>(versions: readonly V[], day: string): V | undefined {
  return versions
    .filter((one) => one.from_on <= day)
    .sort((a, b) =>
      a.from_on === b.from_on ? b.set_at.localeCompare(a.set_at) : b.from_on.localeCompare(a.from_on),
    )[0];
}

/** The values of a version, without what says nothing. */
export function settled<T>(of: Record<string, unknown> | undefined): Record<string, T> {
  return Object.fromEntries(
    Object.entries(of ?? {}).filter(([, value]) => value !== null && value !== undefined),
  ) as Record<string, T>;
}

export interface Change {
  name: string;
  before: string;
  after: string;
}

/** What differs, by name; a value that is missing is the gate's own, which `usual` gives. */
export function changes(
  before: Record<string, unknown>,
  after: Record<string, unknown>,
  usual: (name: string) => string,
): Change[] {
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  const text = (of: Record<string, unknown>, name: string) => (name in of ? String(of[name]) : usual(name));
  return [...names]
    .map((name) => ({ name, before: text(before, name), after: text(after, name) }))
    .filter((one) => one.before !== one.after);
}
