import { useMutation } from "@tanstack/react-query";
import type { Schema } from "@/api/client";
import { told } from "@/parts/undo";
import { deleteTuning, putBack, putTuning, useRenewed } from "./keeping";

/** Changes of a rule's tuning, each with its way back. */
export function useTuningChange(
  rule: string,
  before: Schema["TuningView"] | null,
  etag: string | null,
) {
  const renew = useRenewed(rule);
  const back = (seen: string | null) => async () => {
    await putBack(rule, before, seen);
    await renew();
  };
  const saving = useMutation({
    mutationFn: (body: Schema["NewTuning"]) => putTuning(rule, body, etag),
    onSuccess: (now) => {
      told(`${rule} is tuned from now on.`, back(now));
      return renew();
    },
  });
  const removing = useMutation({
    mutationFn: (why: string) => deleteTuning(rule, why, etag),
    onSuccess: () => {
      told(`${rule} is as its file says.`, back(null));
      return renew();
    },
  });
  return { saving, removing, renew };
}
