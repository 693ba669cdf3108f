/** A what-if that a person asked for, and whether its answer is of the text as it stands. */
import { useMutation, useQuery } from "@tanstack/react-query";
import { api, got, newKey, type Schema } from "@/api/client";
import { resultOf } from "@/parts/Job";
import type { WhatIf } from "@/parts/whatif";

export type Edit = Partial<Schema["NewWhatIf"]>;

export interface Asking {
  ask: (edit: Edit) => void;
  busy: boolean;
  error: Error | null;
  number: number | undefined; // of the job
  /** What this very edit moves; undefined: nobody asked, or there is no answer yet. */
  movedBy: (edit: Edit) => WhatIf | undefined;
}

const EXAMPLES = 5; // of each kind

export function useWhatIf(): Asking {
  const asking = useMutation({
    mutationFn: (edit: Edit) =>
      got(
        api.POST("/api/v1/what-if", {
          body: {
            changed: [],
            removed: [],
            suppressions: [],
            models: {},
            examples: EXAMPLES,
            ...edit,
          },
          params: { header: { "idempotency-key": newKey() } },
        }),
      ),
  });
  const number = asking.data?.id;
  const answer = useQuery({ ...resultOf(number ?? 0), enabled: false }); // parts/Job asks for it
  return {
    ask: asking.mutate,
    busy: asking.isPending,
    error: asking.error,
    number,
    movedBy: (edit) =>
      number !== undefined && JSON.stringify(asking.variables) === JSON.stringify(edit)
        ? (answer.data as WhatIf | undefined)
        : undefined,
  };
}
