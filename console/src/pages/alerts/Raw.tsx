import { useQuery } from "@tanstack/react-query";
import { api, got } from "@/api/client";
import { Answer } from "@/parts/Answer";
import { EventFacts } from "@/parts/EventFacts";

/** The event that the rule matched, whole, with the line that it came as. */
export function Raw({ match }: { match: string }) {
  const found = useQuery({
    queryKey: ["match event", match],
    staleTime: 300_000,
    queryFn: async () => {
      const told = await got(
        api.GET("/api/v1/matches/{uid}", { params: { path: { uid: match } } }),
      );
      const { stream, seq } = told.columns;
      if (!told.event_at || typeof stream !== "string" || typeof seq !== "number")
        return told.columns;
      const path = { stream, seq };
      const event = await got(api.GET("/api/v1/events/{stream}/{seq}", { params: { path } }));
      return event.event;
    },
  });
  return <Answer of={found}>{(event) => <EventFacts event={event} />}</Answer>;
}
