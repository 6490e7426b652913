/** What the core needs of the browser around it; tests bring their own small ones. */

/** The part of Web Locks that is used. */
export interface Locks {
  request(name: string, options: { signal: AbortSignal }, body: () => Promise<void>): Promise<void>;
}

/** The part of localStorage that is used. */
export interface Notes {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

export interface Surroundings {
  fetch(path: string, init: RequestInit): Promise<Response>;
  /** Web Locks, or null where there are none: the protocol is safe without, only busier. */
  locks: Locks | null;
  /** localStorage, or null where it is forbidden. */
  notes: Notes | null;
  databases: { indexedDB: IDBFactory; IDBKeyRange: typeof IDBKeyRange };
  /** The phone's clock, in milliseconds since 1970. */
  now(): number;
  /** Milliseconds since `boot`; never set back. */
  mono(): number;
  /** Names one page load: monotonic times are comparable only within it. */
  boot: string;
  random(): number;
  /** Call `then` after some milliseconds; returns how to cancel. */
  later(ms: number, then: () => void): () => void;
  online(): boolean;
  /** Call `then` when the network comes back or the person looks at the app again; returns how to stop. */
  onWake(then: () => void): () => void;
  /** Ask the browser not to clear our storage; null when it cannot be asked. */
  persist(): Promise<boolean | null>;
  phoneName: string;
}

/** The browser this page runs in. */
export function browser(): Surroundings {
  let notes: Notes | null = null;
  try {
    notes = globalThis.localStorage ?? null;
  } catch {
    // Storage may be forbidden by the browser's settings: then a wiped database cannot be told from a new phone.
  }
  return {
    fetch: (path, init) => fetch(path, init),
    locks: globalThis.navigator?.locks ?? null,
    notes,
    databases: { indexedDB: globalThis.indexedDB, IDBKeyRange: globalThis.IDBKeyRange },
    now: () => Date.now(),
    mono: () => Math.round(performance.now()),
    boot: crypto.randomUUID(),
    random: Math.random,
    later: (ms, then) => {
      const timer = setTimeout(then, ms);
      return () => clearTimeout(timer);
    },
    online: () => globalThis.navigator?.onLine ?? true,
    onWake: (then) => {
      const seen = () => {
        if (document.visibilityState === "visible") then();
      };
      addEventListener("online", then);
      // Asking at once is how the strip learns that the network went.
      addEventListener("offline", then);
      document.addEventListener("visibilitychange", seen);
      return () => {
        removeEventListener("online", then);
        removeEventListener("offline", then);
        document.removeEventListener("visibilitychange", seen);
      };
    },
    persist: async () => {
      if (!navigator.storage?.persist) return null;
      return (await navigator.storage.persisted()) || (await navigator.storage.persist());
    },
    phoneName: nameOfPhone(globalThis.navigator?.userAgent ?? ""),
  };
}

/** A name by which the office can tell phones apart: what the browser says it runs on. */
export function nameOfPhone(userAgent: string): string {
  const inside = /\(([^)]*)\)/.exec(userAgent)?.[1] ?? "";
  const parts = inside.split(";").map((part) => part.trim());
  const named = parts.find((part) => /iPhone|iPad|Android|Windows|Mac|X11/.test(part));
  const model = named?.startsWith("Android") ? parts[parts.indexOf(named) + 1] : undefined;
  return [named, model].filter(Boolean).join(", ").slice(0, 200) || "Phone";
}
