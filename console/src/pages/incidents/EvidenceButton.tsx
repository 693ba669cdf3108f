/** Makes a file of an incident, in the browser, of what the API answers. */
import { Button } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { api, got } from "@/api/client";
import { useMe } from "@/api/me";
import { failed, told } from "@/parts/undo";
import { type Evidence, evidenceHtml } from "./evidence";
import type { Alert, Incident, Match, Members } from "./incidents";
import { notesOf } from "./said";
import { chainOf } from "./tactics";

interface Props {
  incident: Incident;
  alerts: Alert[];
  members: Members;
}

const MOST_RECORDS = 100;
const AT_ONCE = 4; // questions that the server takes at a time

export function EvidenceButton(props: Props) {
  const me = useMe().data;
  const making = useMutation({
    mutationFn: async () => {
      const found = await gathered(props, me?.user?.display_name || me?.name || "?");
      save(
        `incident-${props.incident.uid.replace(/[^\w.-]/g, "_").slice(0, 60)}.html`,
        evidenceHtml(found),
      );
      return found;
    },
    onSuccess: (found) =>
      told(
        `Evidence saved: ${found.alerts.length} alerts, ${found.matches.length} matches, ${found.records.length} whole events${
          found.recordsLeftOut ? `; the events of ${found.recordsLeftOut} matches are left out` : ""
        }.`,
      ),
    onError: failed,
  });
  return (
    <Button variant="default" loading={making.isPending} onClick={() => making.mutate()}>
      Save as evidence (HTML)
    </Button>
  );
}

async function gathered({ incident, alerts, members }: Props, by: string): Promise<Evidence> {
  // What alerted goes first where not all fit.
  const first = members.matches
    .toSorted((a, b) => Number(isTold(b)) - Number(isTold(a)))
    .slice(0, MOST_RECORDS);
  const [coverage, histories, records] = await Promise.all([
    got(api.GET("/api/v1/figures/coverage")),
    inTurn(
      alerts,
      async ({ uid }) =>
        (await got(api.GET("/api/v1/alerts/{uid}/history", { params: { path: { uid } } }))).history,
    ),
    inTurn(first, recordOf),
  ]);
  const kept = records.filter((each) => each !== null);
  return {
    incident,
    alerts,
    matches: members.matches,
    complete: members.complete,
    notes: notesOf(alerts, histories),
    chain: chainOf(members.matches, coverage),
    records: kept,
    recordsLeftOut: members.matches.length - kept.length,
    made: new Date().toISOString(),
    by,
    server: window.location.origin,
  };
}

const isTold = (match: Match): boolean => match.decision?.outcome === "alerted";

async function recordOf(match: Match): Promise<Evidence["records"][number] | null> {
  const { stream, seq } = match.columns;
  if (!match.event_at || typeof stream !== "string" || typeof seq !== "number") return null;
  const { data, response } = await api.GET("/api/v1/events/{stream}/{seq}", {
    params: { path: { stream, seq } },
  });
  if (response.status === 404) return null; // retention took it
  if (!response.ok || !data)
    throw new Error(`the event of match ${match.uid} cannot be read (${response.status})`);
  return { match: match.uid, event: data.event };
}

/** Does something with each, a few at a time, so that the server's other askers are not kept waiting. */
async function inTurn<T, R>(all: T[], work: (one: T) => Promise<R>): Promise<R[]> {
  const done: R[] = [];
  for (let at = 0; at < all.length; at += AT_ONCE) {
    done.push(...(await Promise.all(all.slice(at, at + AT_ONCE).map(work))));
  }
  return done;
}

function save(name: string, content: string): void {
  const address = URL.createObjectURL(new Blob([content], { type: "text/html" }));
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  window.setTimeout(() => URL.revokeObjectURL(address), 60_000);
}
