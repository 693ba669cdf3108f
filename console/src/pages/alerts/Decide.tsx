/** What can be done with one alert, by buttons, and on its own page by the keys of the list. */
import { Button, Group } from "@mantine/core";
import { useState } from "react";
import { useMay, useMe } from "@/api/me";
import { useKeys } from "@/shell/keys";
import { type Alert, useBulk } from "./alerts";
import type { Verdict } from "./reasons";
import { WordDialog } from "./WordDialog";

interface Props {
  alert: Alert;
  keys: boolean; // of its own: in the list they are the list's
}

export function Decide({ alert, keys }: Props) {
  const bulk = useBulk();
  const me = useMe().data;
  const [verdict, setVerdict] = useState<Verdict | null>(null);
  const about = { uids: [alert.uid] };
  const send = (change: object) =>
    bulk.mutate({ text: "", dry_run: false, limit: 1, ...about, ...change });
  const look = () => send({ status: "acknowledged" });
  const take = () => me && send({ assignee: me.name });
  if (!useMay("triage")) return null;
  const said = alert.status === "dismissed" || alert.status === "escalated";
  return (
    <Group gap="xs">
      {keys && <Keys say={setVerdict} look={look} take={take} />}
      <Button
        onClick={() => setVerdict("dismissed")}
        loading={bulk.isPending}
        variant={said ? "default" : "filled"}
      >
        Dismiss
      </Button>
      <Button
        onClick={() => setVerdict("escalated")}
        loading={bulk.isPending}
        color="red"
        variant="outline"
      >
        Escalate
      </Button>
      {alert.status === "open" && (
        <Button variant="default" onClick={look}>
          Look into
        </Button>
      )}
      {me && alert.assignee !== me.name && (
        <Button variant="default" onClick={take}>
          Take
        </Button>
      )}
      {alert.status === "escalated" && !alert.resolved && (
        <Button variant="default" onClick={() => send({ resolved: true })}>
          Resolved
        </Button>
      )}
      {verdict && (
        <WordDialog
          verdict={verdict}
          about={about}
          count={1}
          say={(reason, text) => send({ verdict, reason, text })}
          close={() => setVerdict(null)}
        />
      )}
    </Group>
  );
}

interface KeysProps {
  say: (verdict: Verdict) => void;
  look: () => void;
  take: () => void;
}

function Keys({ say, look, take }: KeysProps) {
  useKeys("Alert", [
    { keys: "d", does: "dismiss", run: () => say("dismissed") },
    { keys: "e", does: "escalate", run: () => say("escalated") },
    { keys: "i", does: "look into it (acknowledged)", run: look },
    { keys: "a", does: "take it", run: take },
  ]);
  return null;
}
