/** The shared feeds in memory, read once; and what they call the things a command names. */

import type { AccountDatabase, Shown, StoredFeed } from "./database";
import { sharedRows } from "./snapshot";
import {
  type FaultCodeRow,
  type FeedName,
  KINDS,
  type LabourOperationRow,
  type LiveRow,
  type ModelComponentRow,
  type ModelRow,
  type PartRow,
  type RowKind,
} from "./wire";

export class Catalogue {
  private readonly held = new Map<RowKind, Promise<LiveRow[]>>();
  private readonly marks = new Map<FeedName, string>();

  constructor(private readonly db: AccountDatabase) {}

  /** All rows of a kind as far as they are on the phone; the same list until the feeds change. */
  rows(kind: RowKind): Promise<LiveRow[]> {
    let rows = this.held.get(kind);
    if (!rows) {
      rows = sharedRows(this.db, kind);
      rows.catch(() => this.held.delete(kind));
      this.held.set(kind, rows);
    }
    return rows;
  }

  /** How far the feeds are read now: of one that has moved, rows are read again when asked next. */
  moved(feeds: StoredFeed[]): void {
    for (const { name, token } of feeds) {
      const mark = `${token.tag} ${token.pos}`;
      if (this.marks.get(name) === mark) continue;
      this.marks.set(name, mark);
      for (const kind of KINDS[name]) this.held.delete(kind);
    }
  }

  /** Return what a command's line is to be shown with, in the catalogue's words; null when it names nothing of it. */
  async shownBy(t: string, body: Record<string, unknown>): Promise<Shown | null> {
    switch (t) {
      case "part.use": {
        const part = await this.find<PartRow>("part", body.part_id);
        return { number: part?.number, name: part?.name, ...(await this.component(body)) };
      }
      case "fault.record": {
        const fault = await this.find<FaultCodeRow>("fault_code", body.fault_code_id);
        const { code, name, no_fault_found } = fault ?? {};
        return { code, name, no_fault_found, ...(await this.component(body)) };
      }
      case "time.log": {
        const operation = await this.find<LabourOperationRow>("labour_operation", body.labour_operation_id);
        if (!operation) return null;
        const { code, name, standard_minutes } = operation;
        return { operation: code, operation_name: name, standard_minutes };
      }
      default:
        return null;
    }
  }

  private async component(body: Record<string, unknown>): Promise<Shown> {
    const id = body.model_component_id;
    if (typeof id !== "string") return {};
    for (const row of await this.rows("model")) {
      const found = (row.d as ModelRow).components.find((one: ModelComponentRow) => one.id === id);
      if (found) return { component: found.code, component_name: found.name };
    }
    return {};
  }

  private async find<D>(kind: RowKind, id: unknown): Promise<D | undefined> {
    if (typeof id !== "string") return undefined;
    return (await this.rows(kind)).find((row) => row.id === id)?.d as D | undefined;
  }
}
