/** What partners may repair on warranty, and what their technicians are certified for; managers begin and end both. */

import { get, post } from "../core/api";
import { type Pages, usePages } from "../core/loading";
import { is, MANAGING, OFFICE } from "../core/session";
import { AskForm } from "../parts/ask";
import { Field, type Given, ReasonField, Select } from "../parts/form";
import { choices, partnerName, partners, technicians } from "../parts/names";
import { Listed } from "../parts/states";
import { type Column, Table } from "../parts/table";
import { day, today } from "../words/format";
import { type Key, say } from "../words/words";
import { Partners } from "./partners";

interface Span {
  id: string;
  product_line: string;
  from_on: string;
  to_on: string | null;
}
type Submit = (given: Given, key: string) => Promise<unknown>;

const LINE_MAX = 40;
const everything = (value: string) => (value === "*" ? say("every") : value);
const begun = ({ who: _, line: product_line = "", from_on = "", to_on = "" }: Given) => ({
  product_line,
  from_on,
  to_on: to_on || null,
});

export function Authorisations() {
  const authorisations = usePages((cursor) => get("/authorisations", { cursor, limit: 100 }), []);
  const certifications = usePages((cursor) => get("/certifications", { cursor, limit: 100 }), []);
  return (
    <>
      <h1>{say("authorisations")}</h1>
      <Spans
        of={authorisations}
        title="authorisations.partners"
        none="authorisations.none"
        whose={{ head: say("partner"), lead: true, cell: (one) => partnerName(one.partner_id) }}
        where={{ head: say("region"), cell: (one) => everything(one.region) }}
        begin="authorise"
        people={partners.value}
        submit={({ region = "", ...given }, key) =>
          post("/authorisations", { ...begun(given), region, partner_id: given.who ?? "" }, key)
        }
        end={(authorisation_id, to_on, reason, key) =>
          post("/authorisations/end", { authorisation_id, to_on, reason }, key)
        }
      />
      <Spans
        of={certifications}
        title="certifications"
        none="certifications.none"
        whose={{
          head: say("technician"),
          lead: true,
          cell: (one) => technicians.value.find((person) => person.id === one.account_id)?.name ?? "–",
        }}
        begin="certify"
        people={technicians.value}
        submit={(given, key) => post("/certifications", { ...begun(given), account_id: given.who ?? "" }, key)}
        end={(certification_id, to_on, reason, key) =>
          post("/certifications/end", { certification_id, to_on, reason }, key)
        }
      />
      {is(OFFICE) && <Partners />}
    </>
  );
}

/** Spans of days in which somebody may do something, with their beginning and their end. */
function Spans<T extends Span>(props: {
  of: Pages<T>;
  title: Key;
  none: Key;
  whose: Column<T>;
  where?: Column<T>;
  begin: Key;
  people: readonly { id: string; name: string }[];
  submit: Submit;
  end: (id: string, to_on: string, reason: string, key: string) => Promise<unknown>;
}) {
  return (
    <section aria-labelledby={props.title}>
      <h2 id={props.title}>{say(props.title)}</h2>
      {is(MANAGING) && (
        <p class="actions">
          <Begin {...props} button={say(props.begin)} done={props.of.again} />
        </p>
      )}
      <Listed of={props.of} none={say(props.none)}>
        {(rows) => (
          <Table
            caption={say(props.title)}
            rows={rows}
            keyOf={(one) => one.id}
            columns={[
              props.whose,
              { head: say("product.line"), cell: (one) => everything(one.product_line) },
              ...(props.where ? [props.where] : []),
              { head: say("from.on"), cell: (one) => day(one.from_on) },
              { head: say("to.on"), cell: (one) => (one.to_on ? day(one.to_on) : "–") },
              {
                head: "",
                cell: (one) =>
                  is(MANAGING) &&
                  (one.to_on === null || one.to_on >= today()) && (
                    <End
                      submit={(given, key) => props.end(one.id, given.to_on ?? "", given.reason ?? "", key)}
                      done={props.of.again}
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

function Begin<T>(props: {
  button: string;
  whose: Column<T>;
  where?: Column<T>;
  people: readonly { id: string; name: string }[];
  submit: Submit;
  done: () => void;
}) {
  return (
    <AskForm button={props.button} does={say("save")} submit={props.submit} done={props.done}>
      <div class="fields">
        <Field label={props.whose.head} whole>
          {(id) => <Select id={id} name="who" required options={choices(props.people)} />}
        </Field>
        <Field label={say("product.line")} hint={say("every.hint")}>
          {(id) => <input id={id} name="line" required maxLength={LINE_MAX} defaultValue="*" />}
        </Field>
        {props.where && (
          <Field label={props.where.head} hint={say("every.hint")}>
            {(id) => <input id={id} name="region" required maxLength={LINE_MAX} defaultValue="*" />}
          </Field>
        )}
        <Field label={say("from.on")}>
          {(id) => <input id={id} name="from_on" type="date" required defaultValue={today()} />}
        </Field>
        <Field label={say("to.on")}>{(id) => <input id={id} name="to_on" type="date" />}</Field>
      </div>
    </AskForm>
  );
}

function End({ submit, done }: { submit: Submit; done: () => void }) {
  return (
    <AskForm button={say("end")} plain small tone="bad" submit={submit} done={done}>
      <Field label={say("last.day")}>
        {(id) => <input id={id} name="to_on" type="date" required defaultValue={today()} />}
      </Field>
      <ReasonField />
    </AskForm>
  );
}
