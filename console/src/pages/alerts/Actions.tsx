/** What can be done with the alerts chosen, or with the one that the keys are on. */
import { useState } from "react";
import { useMay, useMe } from "@/api/me";
import { useKeys } from "@/shell/keys";
import { type Bulk, useBulk } from "./alerts";
import { BulkBar } from "./BulkBar";
import type { Filter } from "./filter";
import type { Verdict } from "./reasons";
import { WordDialog } from "./WordDialog";

interface Props {
  here: string | undefined; // the alert that the keys are on
  title: string | undefined;
  chosen: ReadonlySet<string>;
  filter: Filter;
  total: number | undefined;
  clear: () => void;
}

const MOST = 10_000; // alerts of one call to the API

/** What a word is about; it stays so while its dialog is open, whatever the list does. */
interface About {
  about: Pick<Bulk, "uids" | "filter" | "limit">;
  count: number;
  title?: string; // of one alert
}

export function Actions({ here, title, chosen, filter, total, clear }: Props) {
  const bulk = useBulk();
  const me = useMe().data;
  const may = useMay("triage");
  const [asked, setAsked] = useState<(About & { verdict: Verdict }) | null>(null);
  const [all, setAll] = useState<string | null>(null); // when all that match were chosen
  const uids = chosen.size ? [...chosen] : here ? [here] : [];
  const meant: About = all
    ? {
        about: { filter: { until: all, ...filter }, limit: MOST },
        count: Math.min(total ?? 0, MOST),
      }
    : { about: { uids, limit: MOST }, count: uids.length, title: chosen.size ? undefined : title };
  const { count } = meant;
  const send = (change: object, { about, count }: About = meant) => {
    if (!count) return;
    const none = () => {
      setAll(null);
      clear();
    };
    bulk.mutate({ text: "", dry_run: false, ...about, ...change }, { onSuccess: none });
  };
  const open = (verdict: Verdict) => may && count > 0 && setAsked({ ...meant, verdict });
  useKeys("Alerts", [
    { keys: "d", does: "dismiss", run: () => open("dismissed") },
    { keys: "e", does: "escalate", run: () => open("escalated") },
    {
      keys: "i",
      does: "look into it (acknowledged)",
      run: () => may && send({ status: "acknowledged" }),
    },
    { keys: "a", does: "take it", run: () => may && me && send({ assignee: me.name }) },
  ]);
  return (
    <>
      <BulkBar
        may={may}
        count={count}
        chosen={chosen.size}
        all={all !== null}
        total={Math.min(total ?? 0, MOST)}
        chooseAll={() => setAll(new Date().toISOString())}
        clear={() => {
          setAll(null);
          clear();
        }}
        dismiss={() => open("dismissed")}
        escalate={() => open("escalated")}
        acknowledge={() => send({ status: "acknowledged" })}
        take={() => me && send({ assignee: me.name })}
        busy={bulk.isPending}
      />
      {asked && (
        <WordDialog
          {...asked}
          say={(reason, text) => send({ verdict: asked.verdict, reason, text }, asked)}
          close={() => setAsked(null)}
        />
      )}
    </>
  );
}
