/** The customer's telephone and the way to the site, by the phone's own apps. */

import type { JobView } from "../core/views";
import { say } from "../words/words";
import { Icon } from "./icons";
import { callLink, mapLink } from "./reach";

export function ReachCustomer({ job }: { job: Pick<JobView, "contact" | "site"> }) {
  return (
    <div class="pair">
      {job.contact?.phone && (
        <a class="button plain" href={callLink(job.contact.phone)}>
          <Icon name="call" /> {say("call")}
        </a>
      )}
      <a class="button plain" href={mapLink(job.site, navigator.userAgent)}>
        <Icon name="map" /> {say("navigate")}
      </a>
    </div>
  );
}
