/** All that is known of a claim's visit as one time line, and what the scored rules found unusual. */

import { get, type Shape } from "../core/api";
import { useLoad } from "../core/loading";
import { Empty, Loaded, State } from "../parts/states";
import { moment, number } from "../words/format";
import { language, say, word } from "../words/words";
import { zhTold } from "../words/zh-evidence";

type Item = Shape<"EvidenceItem">;
interface Finding {
  rule: string;
  points: number;
  reason: string;
  sentence: string;
}

export function Evidence({ claimId }: { claimId: string }) {
  const load = useLoad(() => get("/claims/{id}/evidence", null, { id: claimId }), [claimId]);
  return (
    <Loaded of={load}>
      {({ items }) => (
        <>
          <Scores items={items} />
          <section aria-labelledby="timeline">
            <h2 id="timeline">{say("timeline")}</h2>
            {items.length === 0 && <Empty>{say("timeline.none")}</Empty>}
            <ol class="timeline">
              {items.map((item, at) => (
                <li key={at} data-kind={item.kind} data-struck={item.struck || undefined}>
                  <time dateTime={item.at}>{moment(item.at)}</time>
                  <div>
                    <b>{word("evidence", item.kind)}</b> {item.link ? <a href={item.link}>{told(item)}</a> : told(item)}
                    <Clocks item={item} />
                  </div>
                </li>
              ))}
            </ol>
          </section>
        </>
      )}
    </Loaded>
  );
}

/** What happened: as the server says it, in Chinese put together from the same facts. */
const told = (item: Item) => (language.value === "zh" ? zhTold(item) : item.summary);

/** Who, and by which clocks where they differ by more than a minute. */
function Clocks({ item }: { item: Item }) {
  const late =
    item.client_at && item.received_at && Math.abs(Date.parse(item.received_at) - Date.parse(item.client_at)) > 60_000;
  const told = [
    item.by,
    late && say("clock.received", { at: moment(item.received_at ?? "") }),
    item.struck && say("struck"),
  ];
  const text = told.filter(Boolean).join(" · ");
  return text ? <div class="soft">{text}</div> : null;
}

function Scores({ items }: { items: readonly Item[] }) {
  const last = items.filter((item) => item.kind === "score").at(-1);
  const facts = (last?.facts ?? {}) as { points?: number; findings?: Finding[] };
  return (
    <section class="card" aria-labelledby="scores">
      <h2 id="scores">
        {say("scores")}{" "}
        {last && (
          <State tone={(facts.points ?? 0) >= 100 ? "bad" : ""}>{`${number(facts.points)} ${say("points")}`}</State>
        )}
      </h2>
      {!last && <p class="soft">{say("risk.none")}</p>}
      {last && !facts.findings?.length && <p class="soft">{say("scores.none")}</p>}
      <ul class="lines">
        {(facts.findings ?? []).map((finding) => (
          <li key={finding.reason} class="between">
            <span>{language.value === "zh" ? word("score", finding.reason) : finding.sentence}</span>
            <span class="points">{number(finding.points)}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}
