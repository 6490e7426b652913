/** What localStorage keeps beside the database: conveniences and drafts, which cost little when they are lost. */

/** A value under a key; what is stored and cannot be read counts as `none`. */
export class Kept<T> {
  private value: T | undefined;

  constructor(
    private readonly key: string,
    private readonly none: T,
    private readonly fits: (found: unknown) => boolean,
  ) {}

  get(): T {
    this.value ??= this.stored();
    return this.value;
  }

  set(value: T): void {
    this.value = value;
    try {
      localStorage.setItem(this.key, JSON.stringify(value));
    } catch {
      // A full or forbidden storage: remembered until the app is closed.
    }
  }

  private stored(): T {
    try {
      const found: unknown = JSON.parse(localStorage.getItem(this.key) ?? "null");
      return this.fits(found) ? (found as T) : this.none;
    } catch {
      return this.none;
    }
  }
}

/** A list of ids. */
export function keptIds(key: string): Kept<readonly string[]> {
  return new Kept<readonly string[]>(
    key,
    [],
    (found) => Array.isArray(found) && found.every((id) => typeof id === "string"),
  );
}
