/** Which time a page tells of: chosen by the person, held by the address. */
import { Group, SegmentedControl, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { api, got } from "@/api/client";
import { endOf } from "@/parts/ended";
import { Moment } from "@/parts/times";
import { useUrl } from "@/parts/url";

const HOUR = 3_600_000;
const HOURS: Record<string, number> = { "24 h": 24, "7 d": 168, "30 d": 720, "90 d": 2_160 };
const USUAL = "7 d";
const MOST_HOURS = 168; // of a course by the hour

/** The end of spans, ms, and whether it lies back; null until it is known. */
export function useEnd(): { end: number; past: boolean } | null {
  const [now] = useState(Date.now);
  const found = useQuery({
    queryKey: ["overview", "last hour"],
    staleTime: 5 * 60_000,
    queryFn: async () => (await got(api.GET("/api/v1/overview"))).telemetry.last_hour,
  });
  if (found.isPending) return null;
  const end = endOf(found.data, now);
  return { end, past: end < now };
}

interface Span {
  /** Its name. */
  span: string;
  /** Its ends; undefined until they are known. */
  from: string | undefined;
  until: string | undefined;
  /** By what a course over it is told. */
  every: "hour" | "day";
}

export function useSpan(): Span {
  const [url] = useUrl();
  const end = useEnd();
  const asked = url.get("span") ?? USUAL;
  const span = asked in HOURS ? asked : USUAL;
  const from = end && new Date(end.end - (HOURS[span] ?? 0) * HOUR).toISOString();
  const until = end ? new Date(end.end).toISOString() : undefined;
  const every = (HOURS[span] ?? 0) <= MOST_HOURS ? "hour" : "day";
  return { span, from: from ?? undefined, until, every };
}

export function SpanChoice() {
  const { span } = useSpan();
  const [, setUrl] = useUrl();
  return (
    <Group gap="xs">
      <Ended />
      <SegmentedControl
        aria-label="Time"
        data={Object.keys(HOURS)}
        value={span}
        onChange={(value) => setUrl({ span: value === USUAL ? null : value }, true)}
      />
    </Group>
  );
}

/** Says where spans end, if that is not now. */
export function Ended() {
  const end = useEnd();
  if (!end?.past) return null;
  return (
    <Text size="xs" className="quiet">
      until the last telemetry, <Moment at={new Date(end.end).toISOString()} />
    </Text>
  );
}
