/** Tables of the desk: numbers right-aligned, and on a narrow screen each row a small card with its labels. */

import type { ComponentChildren } from "preact";

export interface Column<T> {
  head: string;
  cell: (row: T) => ComponentChildren;
  /** A number or an amount: right-aligned, digits of one width. */
  number?: boolean;
  /** A day or a moment: it stays on one line. */
  unbroken?: boolean;
  /** The cell that names the row. */
  lead?: boolean;
}

export function Table<T>({
  columns,
  rows,
  keyOf,
  caption,
  current,
}: {
  columns: readonly Column<T>[];
  rows: readonly T[];
  keyOf: (row: T) => string;
  /** What the table shows, for those who hear it. */
  caption: string;
  current?: string | undefined;
}) {
  return (
    <div class="table">
      <table>
        <caption class="unseen">{caption}</caption>
        <thead>
          <tr>
            {columns.map((column, at) => (
              <th key={at} scope="col" class={column.number ? "number" : undefined}>
                {column.head || <span class="unseen">–</span>}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={keyOf(row)} aria-current={current === keyOf(row) || undefined}>
              {columns.map((column, at) =>
                column.lead ? (
                  <th key={at} scope="row" data-head={column.head}>
                    {column.cell(row)}
                  </th>
                ) : (
                  <td
                    key={at}
                    class={column.number ? "number" : column.unbroken ? "unbroken" : undefined}
                    data-head={column.head}
                  >
                    {column.cell(row)}
                  </td>
                ),
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
