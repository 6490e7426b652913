/** What partners may repair on warranty, and what their technicians are certified for; managers begin and end both. */

import { get, post } from "../core/api";
import { usePages } from "../core/loading";
import { is, MANAGING } from "../core/session";
import { Ask } from "../parts/ask";
import { Field, Form } from "../parts/form";
import { partnerName, partners, technicians } from "../parts/names";
import { Listed } from "../parts/states";
import { Table } from "../parts/table";
import { day, today } from "../words/format";
import { say } from "../words/words";

interface Span {
  id: string;
  from_on: string;
  to_on: string | null;
}

const everything = (value: string) => (value === "*" ? say("every") : value);

export function Authorisations() {
  const pages = usePages((cursor) => get("/authorisations", { cursor, limit: 100 }), []);
  return (
    <>
      <h1>{say("authorisations")}</h1>
      {is(MANAGING) && (
        <p class="actions">
          <Ask button={say("authorise")} title={say("authorise")}>
            {(close) => (
              <Begin
                who="partner_id"
                whoLabel={say("partner")}
                people={partners.value}
                hasRegion
                submit={async (given, key) => {
                  const { who, line, region, from_on, to_on } = given;
                  const body = { partner_id: who, product_line: line, region, from_on, to_on: to_on || null };
                  await post("/authorisations", body as never, key);
                  close();
                  pages.again();
                }}
              />
            )}
          </Ask>
        </p>
      )}
      <Listed of={pages} none={say("authorisations.none")}>
        {(rows) => (
          <Table
            caption={say("authorisations")}
            rows={rows}
            keyOf={(one) => one.id}
            columns={[
              { head: say("partner"), lead: true, cell: (one) => partnerName(one.partner_id) },
              { head: say("product.line"), cell: (one) => everything(one.product_line) },
              { head: say("region"), cell: (one) => everything(one.region) },
              { head: say("from.on"), cell: (one) => day(one.from_on) },
              { head: say("to.on"), cell: (one) => (one.to_on ? day(one.to_on) : "–") },
              {
                head: "",
                cell: (one) => (
                  <EndOf
                    span={one}
                    submit={(given, key) =>
                      post("/authorisations/end", { authorisation_id: one.id, ...given } as never, key)
                    }
                    done={pages.again}
                  />
                ),
              },
            ]}
          />
        )}
      </Listed>
      <Certifications />
    </>
  );
}

function Certifications() {
  const pages = usePages((cursor) => get("/certifications", { cursor, limit: 100 }), []);
  const nameOf = (id: string) => technicians.value.find((one) => one.id === id)?.name ?? "–";
  return (
    <section aria-labelledby="certifications">
      <h2 id="certifications">{say("certifications")}</h2>
      {is(MANAGING) && (
        <p class="actions">
          <Ask button={say("certify")} title={say("certify")}>
            {(close) => (
              <Begin
                who="account_id"
                whoLabel={say("technician")}
                people={technicians.value}
                submit={async (given, key) => {
                  const { who, line, from_on, to_on } = given;
                  await post(
                    "/certifications",
                    { account_id: who, product_line: line, from_on, to_on: to_on || null } as never,
                    key,
                  );
                  close();
                  pages.again();
                }}
              />
            )}
          </Ask>
        </p>
      )}
      <Listed of={pages} none={say("certifications.none")}>
        {(rows) => (
          <Table
            caption={say("certifications")}
            rows={rows}
            keyOf={(one) => one.id}
            columns={[
              { head: say("technician"), lead: true, cell: (one) => nameOf(one.account_id) },
              { head: say("product.line"), cell: (one) => everything(one.product_line) },
              { head: say("from.on"), cell: (one) => day(one.from_on) },
              { head: say("to.on"), cell: (one) => (one.to_on ? day(one.to_on) : "–") },
              {
                head: "",
                cell: (one) => (
                  <EndOf
                    span={one}
                    submit={(given, key) =>
                      post("/certifications/end", { certification_id: one.id, ...given } as never, key)
                    }
                    done={pages.again}
                  />
                ),
              },
            ]}
          />
        )}
      </Listed>
    </section>
  );
}

type Submit = (given: Record<string, string>, key: string) => Promise<unknown>;

function Begin(props: {
  who: string;
  whoLabel: string;
  people: readonly { id: string; name: string }[];
  hasRegion?: boolean;
  submit: Submit;
}) {
  return (
    <Form button={say("save")} submit={async (given, key) => void (await props.submit(given, key))}>
      <div class="fields">
        <Field label={props.whoLabel} whole>
          {(id) => (
            <select id={id} name="who" required>
              {props.people.map((one) => (
                <option key={one.id} value={one.id}>
                  {one.name}
                </option>
              ))}
            </select>
          )}
        </Field>
        <Field label={say("product.line")} hint={say("every.hint")}>
          {(id) => <input id={id} name="line" required maxLength={40} defaultValue="*" />}
        </Field>
        {props.hasRegion && (
          <Field label={say("region")} hint={say("every.hint")}>
            {(id) => <input id={id} name="region" required maxLength={40} defaultValue="*" />}
          </Field>
        )}
        <Field label={say("from.on")}>
          {(id) => <input id={id} name="from_on" type="date" required defaultValue={today()} />}
        </Field>
        <Field label={say("to.on")}>{(id) => <input id={id} name="to_on" type="date" />}</Field>
      </div>
    </Form>
  );
}

function EndOf({ span, submit, done }: { span: Span; submit: Submit; done: () => void }) {
  if (!is(MANAGING) || (span.to_on !== null && span.to_on < today())) return null;
  return (
    <Ask button={say("end")} title={say("end")} plain small>
      {(close) => (
        <Form
          button={say("end")}
          tone="bad"
          submit={async (given, key) => {
            await submit(given, key);
            close();
            done();
          }}
        >
          <Field label={say("last.day")}>
            {(id) => <input id={id} name="to_on" type="date" required defaultValue={today()} />}
          </Field>
          <Field label={say("reason")}>
            {(id) => <input id={id} name="reason" required minLength={3} maxLength={500} />}
          </Field>
        </Form>
      )}
    </Ask>
  );
}
