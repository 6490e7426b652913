// What the server knows, asked beside the app: by the technician's or the office's own account.
import { PASSWORD } from "./phone.mjs";

export class Office {
  constructor(base = process.env.BASE) {
    this.base = base;
    this.tokens = new Map();
  }

  /** Asks as `login`; a write gets a key of its own. */
  async ask(login, path, body) {
    if (!this.tokens.has(login)) this.tokens.set(login, await this.#signIn(login));
    const headers = { authorization: `Bearer ${this.tokens.get(login)}` };
    if (body) Object.assign(headers, { "content-type": "application/json", "idempotency-key": crypto.randomUUID() });
    const answer = await fetch(this.base + path, {
      method: body ? "POST" : "GET",
      headers,
      body: body && JSON.stringify(body),
    });
    const content = await answer.json();
    if (!answer.ok) throw new Error(`${login} ${path}: ${answer.status} ${JSON.stringify(content)}`);
    return content;
  }

  async #signIn(login) {
    const answer = await fetch(`${this.base}/sign-in`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ login, password: PASSWORD }),
    });
    if (!answer.ok) throw new Error(`${login} cannot sign in: ${answer.status}`);
    return (await answer.json()).access_token;
  }

  /** A technician's jobs of today, in order. */
  jobs(login) {
    return this.ask(login, "/my/jobs");
  }

  /** The whole sheet of a visit as the server has it. */
  visit(login, id) {
    return this.ask(login, `/visits/${id}`);
  }

  /** Gives a job to another technician of the same partner. */
  async reassign(jobId, partnerCode, login) {
    const partner = (await this.ask("dora", "/partners")).items.find((one) => one.code === partnerCode);
    const people = (await this.ask("dora", "/people?role=technician")).items;
    const technician = people.find((one) => one.login === login);
    return this.ask("dora", "/jobs/assign", {
      job_id: jobId,
      partner_id: partner?.id ?? null,
      technician_id: technician.id,
    });
  }
}
