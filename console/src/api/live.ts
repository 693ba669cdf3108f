/** What happens to alerts, as it happens: the server's one stream of events. */
import { useEffect, useRef, useState } from "react";

export interface AlertTold {
  uid: string;
  version: number;
  status: string;
  severity: string;
  risk: number;
  title: string;
}

export interface Told {
  created: boolean;
  alert: AlertTold;
}

export type Connection = "connecting" | "live" | "lost";

const AGAIN = 5_000; // ms until a stream that the server refused is asked for again

/** Calls `tell` for each alert that is raised or changed; after a loss it goes on where it was. */
export function useLive(tell: (told: Told) => void): Connection {
  const [connection, setConnection] = useState<Connection>("connecting");
  const latest = useRef(tell);
  useEffect(() => {
    latest.current = tell;
  });
  useEffect(() => follow((told) => latest.current(told), setConnection), []);
  return connection;
}

/** Follows the stream until the function that it returns is called. */
function follow(tell: (told: Told) => void, state: (connection: Connection) => void): () => void {
  let source: EventSource;
  let timer: number | undefined;
  let seen = "";
  const hear = (created: boolean) => (event: MessageEvent<string>) => {
    seen = event.lastEventId;
    tell({ created, alert: JSON.parse(event.data) as AlertTold });
  };
  const open = () => {
    source = new EventSource(`/api/v1/stream${seen ? `?after=${seen}` : ""}`);
    source.addEventListener("alert.created", hear(true));
    source.addEventListener("alert.updated", hear(false));
    source.onopen = () => state("live");
    source.onerror = () => {
      state("lost");
      if (source.readyState === EventSource.CLOSED) timer = window.setTimeout(open, AGAIN);
    };
  };
  open();
  return () => {
    window.clearTimeout(timer);
    source.close();
  };
}
