/** Which time a page tells of: chosen by the person, held by the address. */
import { SegmentedControl } from "@mantine/core";
import { useMemo } from "react";
import { useUrl } from "@/parts/url";

const HOURS: Record<string, number> = { "24 h": 24, "7 d": 168, "30 d": 720, "90 d": 2_160 };
const USUAL = "7 d";
const MINUTE = 60_000;

/** The beginning of the span, to the minute, so that the same question is asked once. */
export function useSpan(): { span: string; from: string } {
  const [url] = useUrl();
  const asked = url.get("span") ?? USUAL;
  const span = asked in HOURS ? asked : USUAL;
  const minute = Math.floor(Date.now() / MINUTE);
  const from = useMemo(
    () => new Date(minute * MINUTE - (HOURS[span] ?? 0) * 60 * MINUTE).toISOString(),
    [minute, span],
  );
  return { span, from };
}

export function SpanChoice() {
  const { span } = useSpan();
  const [, setUrl] = useUrl();
  return (
    <SegmentedControl
      aria-label="Time"
      data={Object.keys(HOURS)}
      value={span}
      onChange={(value) => setUrl({ span: value === USUAL ? null : value }, true)}
    />
  );
}
