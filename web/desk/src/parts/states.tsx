/** What every list and every page has while it is being read, when it is empty, and when reading failed. */

import type { ComponentChildren } from "preact";
import type { Load, Pages } from "../core/loading";
import { say, whyOf } from "../words/words";

export function Problem({ error, again }: { error: unknown; again?: () => void }) {
  return (
    <div class="problem" role="alert">
      <p>{whyOf(error)}</p>
      {again && (
        <button type="button" class="plain" onClick={again}>
          {say("again")}
        </button>
      )}
    </div>
  );
}

export function Loading() {
  return (
    <p class="quiet" role="status">
      {say("loading")}
    </p>
  );
}

export function Empty({ children }: { children: ComponentChildren }) {
  return <p class="quiet empty">{children}</p>;
}

/** Shows what was read, or how the reading stands. */
export function Loaded<T>({ of, children }: { of: Load<T>; children: (data: T) => ComponentChildren }) {
  return (
    <>
      {of.error != null && <Problem error={of.error} again={of.again} />}
      {of.data !== null ? children(of.data) : of.error == null && <Loading />}
    </>
  );
}

/** Shows a list that was read page by page, or that it is empty. */
export function Listed<T>({
  of,
  none,
  children,
}: {
  of: Pages<T>;
  none: string;
  children: (rows: T[]) => ComponentChildren;
}) {
  return (
    <Loaded of={of}>
      {(rows) => (
        <>
          {rows.length ? children(rows) : <Empty>{none}</Empty>}
          {of.more && (
            <button type="button" class="plain more" onClick={of.more}>
              {say("more")}
            </button>
          )}
        </>
      )}
    </Loaded>
  );
}

/** A short word in a coloured ground: how something stands. */
export function State({ tone, children }: { tone?: string; children: ComponentChildren }) {
  return (
    <span class="state" data-tone={tone}>
      {children}
    </span>
  );
}
