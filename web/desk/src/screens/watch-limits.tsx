/** The numbers of the watch: how many strange serials a partner may name, and what counts as a run. */

import { get, post, type Shape } from "../core/api";
import { useLoad } from "../core/loading";
import { BOUNDS } from "../core/watch";
import { AskForm } from "../parts/ask";
import { Field, ReasonField } from "../parts/form";
import { Loaded } from "../parts/states";
import { number } from "../words/format";
import { say } from "../words/words";

type Numbers = Shape<"Numbers">;

const NAMES = Object.keys(BOUNDS) as (keyof Numbers)[];

export function WatchLimits() {
  const load = useLoad(() => get("/watch-limits"), []);
  return (
    <section aria-labelledby="watch-limits">
      <h2 id="watch-limits">{say("watch")}</h2>
      <Loaded of={load}>
        {(numbers) => (
          <div class="card">
            <dl class="facts">
              {NAMES.map((name) => (
                <div key={name}>
                  <dt>{say(`watch.${name}`)}</dt>
                  <dd>{number(numbers[name])}</dd>
                </div>
              ))}
            </dl>
            <p class="actions">
              <AskForm
                button={say("watch.set")}
                does={say("save")}
                plain
                submit={(given, key) => {
                  const typed = Object.fromEntries(NAMES.map((name) => [name, Number(given[name])]));
                  return post("/watch-limits", { numbers: typed as Numbers, reason: given.reason ?? "" }, key);
                }}
                done={load.again}
              >
                <div class="fields">
                  {NAMES.map((name) => (
                    <Field key={name} label={say(`watch.${name}`)}>
                      {(id) => (
                        <input
                          id={id}
                          name={name}
                          type="number"
                          min={BOUNDS[name][0]}
                          max={BOUNDS[name][1]}
                          required
                          defaultValue={String(numbers[name] ?? "")}
                        />
                      )}
                    </Field>
                  ))}
                </div>
                <ReasonField />
              </AskForm>
            </p>
          </div>
        )}
      </Loaded>
    </section>
  );
}
