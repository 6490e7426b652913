/** Reads what a screen shows, whole or page by page; an answer that comes too late is dropped. */

import { useEffect, useRef, useState } from "preact/hooks";

export type Load<T> = {
  data: T | null;
  error: unknown;
  /** Reads again and keeps showing what is there meanwhile. */
  again: () => void;
};

/** Reads once for each change of `deps`. */
export function useLoad<T>(read: () => Promise<T>, deps: readonly unknown[]): Load<T> {
  const [turn, setTurn] = useState(0);
  const [found, setFound] = useState<{ data: T | null; error: unknown }>({ data: null, error: null });
  const before = useRef(deps);
  useEffect(() => {
    let wanted = true;
    if (before.current.some((one, at) => one !== deps[at])) setFound({ data: null, error: null });
    before.current = deps;
    read().then(
      (data) => wanted && setFound({ data, error: null }),
      (error: unknown) => wanted && setFound((had) => ({ data: had.data, error })),
    );
    return () => {
      wanted = false;
    };
  }, [...deps, turn]);
  return { ...found, again: () => setTurn((one) => one + 1) };
}

interface Page<T> {
  items: T[];
  next?: string | null;
}

export interface Pages<T> extends Load<T[]> {
  /** Reads the next page behind what is there; undefined when there is none. */
  more: (() => void) | undefined;
}

/** Reads a list page by page, from its start again for each change of `deps`. */
export function usePages<T>(read: (cursor: string) => Promise<Page<T>>, deps: readonly unknown[]): Pages<T> {
  const first = useLoad(() => read(""), deps);
  const [rest, setRest] = useState<{ of: Page<T> | null; items: T[]; next: string | null; error: unknown }>({
    of: null,
    items: [],
    next: null,
    error: null,
  });
  const ours =
    rest.of === first.data ? rest : { of: first.data, items: [], next: first.data?.next ?? null, error: null };
  const more = () => {
    if (ours.next === null) return;
    read(ours.next).then(
      (page) =>
        setRest({ of: first.data, items: [...ours.items, ...page.items], next: page.next ?? null, error: null }),
      (error: unknown) => setRest({ ...ours, error }),
    );
  };
  return {
    data: first.data && [...first.data.items, ...ours.items],
    error: first.error ?? ours.error,
    again: first.again,
    more: ours.next === null ? undefined : more,
  };
}
