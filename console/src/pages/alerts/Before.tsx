/** The window before a match: lanes per source, and the event that was picked. */
import { Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { api, got, type Schema } from "@/api/client";
import { Answer, Nothing } from "@/parts/Answer";
import { EventFacts } from "@/parts/EventFacts";
import { laneOf, summaryOf } from "@/parts/events";
import { Foreign } from "@/parts/Foreign";
import { type Dot, Lanes } from "@/parts/Lanes";

type Window = Schema["WindowView"];

function useWindow(match: string, after: boolean) {
  return useQuery({
    queryKey: ["window", match],
    enabled: after,
    staleTime: 300_000,
    queryFn: () =>
      got(api.GET("/api/v1/matches/{uid}/window", { params: { path: { uid: match } } })),
  });
}

interface Props {
  match: string;
  /** Whether it is asked for now: why something alerted is read first, and both want the server. */
  after?: boolean;
}

export function Before({ match, after = true }: Props) {
  const [picked, setPicked] = useState<string | null>(null);
  const found = useWindow(match, after);
  return (
    <Answer of={found} lines={5}>
      {(window) => {
        const dots = dotsOf(window);
        const step = window.events.find((each) => String(each.seq) === picked);
        return (
          <Stack gap="xs">
            {window.complete === false && (
              <Text size="sm" c="var(--odd)">
                Telemetry before this match is known to be missing.
              </Text>
            )}
            {window.events.length === 0 ? (
              <Nothing>Nothing came before it on its stream.</Nothing>
            ) : (
              <Lanes
                label="Events before the match"
                dots={dots}
                since={Date.parse(window.time ?? "")}
                pick={(dot) => setPicked(dot.id)}
              />
            )}
            {step?.event && <EventFacts event={step.event} />}
            {step && !step.event && (
              <Nothing>
                This event is no longer in the lake; it was: <Foreign text={step.token} mono />
              </Nothing>
            )}
            <Extra title="Before in its login session" tokens={window.session} />
            <Extra title="By its siblings" tokens={window.siblings} />
            {window.session_failures !== null && window.session_failures > 0 && (
              <Text size="sm">
                {window.session_failures} failed logins came before its session.
              </Text>
            )}
          </Stack>
        );
      }}
    </Answer>
  );
}

function dotsOf(window: Window): Dot[] {
  const at = Date.parse(window.time ?? "");
  const before = window.events.map((step) => ({
    id: String(step.seq),
    at: at - step.seconds_before * 1000,
    lane: step.event ? laneOf(step.event) : "expired",
    text: step.event ? summaryOf(step.event) : step.token,
    odd: Array.isArray(step.event?.labels) && step.event.labels.length > 0,
  }));
  return [...before, { id: "match", at, lane: "match", text: "the match", main: true }];
}

function Extra({ title, tokens }: { title: string; tokens: string[] }) {
  if (!tokens.length) return null;
  const counts = new Map<string, number>();
  for (const token of tokens) counts.set(token, (counts.get(token) ?? 0) + 1);
  return (
    <div>
      <Text size="sm" fw={600}>
        {title}
      </Text>
      {[...counts].map(([token, times]) => (
        <div key={token} className="mono wrap">
          <Foreign text={token} mono /> {times > 1 && <span className="quiet">×{times}</span>}
        </div>
      ))}
    </div>
  );
}
