/** A job from its order to its result, with its progress and a way to end it. */
import { Button, Code, Group, Progress, Stack, Text } from "@mantine/core";
import { queryOptions, useMutation, useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { api, got } from "@/api/client";
import { useMay } from "@/api/me";
import { Answer, Failed, Nothing } from "@/parts/Answer";
import { seen } from "@/parts/text";
import { failed } from "@/parts/undo";

interface Props {
  number: number;
  children?: (result: unknown) => ReactNode; // how its result is shown; else as it came
}

const OFTEN = 1_000; // ms
const ENDED = ["done", "failed", "cancelled"];

export function Job({ number, children }: Props) {
  const may = useMay("engineer");
  const found = useQuery({
    queryKey: ["job", number],
    queryFn: () => got(api.GET("/api/v1/jobs/{number}", { params: { path: { number } } })),
    refetchInterval: (query) =>
      query.state.data && ENDED.includes(query.state.data.state) ? false : OFTEN,
  });
  const ending = useMutation({
    mutationFn: () => got(api.DELETE("/api/v1/jobs/{number}", { params: { path: { number } } })),
    onSuccess: () => found.refetch(),
    onError: failed,
  });
  return (
    <Answer of={found} lines={2}>
      {(job) => {
        if (job.state === "failed")
          return <Failed error={new Error(job.error ?? "the job failed")} />;
        if (job.state === "cancelled") return <Nothing>Job {number} was ended.</Nothing>;
        if (job.state === "done") return <Result number={number}>{children}</Result>;
        return (
          <Group role="status">
            <Text size="sm">
              {job.state === "waiting" ? "waits for its turn" : "runs"} (job {number})
            </Text>
            <Progress value={job.progress * 100} w={200} aria-label={`progress of job ${number}`} />
            {may && (
              <Button variant="default" size="compact-xs" onClick={() => ending.mutate()}>
                End
              </Button>
            )}
          </Group>
        );
      }}
    </Answer>
  );
}

/** The question for the result of a job that is done. */
export const resultOf = (number: number) =>
  queryOptions({
    queryKey: ["job", number, "result"],
    staleTime: Number.POSITIVE_INFINITY,
    queryFn: () => got(api.GET("/api/v1/jobs/{number}/result", { params: { path: { number } } })),
  });

function Result({ number, children }: Props) {
  const found = useQuery(resultOf(number));
  return (
    <Answer of={found} lines={4}>
      {(result) =>
        children?.(result) ?? (
          <Stack gap={4}>
            <Code block tabIndex={0} mah={360} style={{ overflow: "auto" }}>
              {seen(JSON.stringify(result, null, 2)).replaceAll("⏎", "\n")}
            </Code>
          </Stack>
        )
      }
    </Answer>
  );
}
