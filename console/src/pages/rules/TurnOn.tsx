import { Button } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { api, got, gotTagged } from "@/api/client";
import { failed, told } from "@/parts/undo";
import { deleteTuning, putBack, putTuning, useRenewed } from "./keeping";
import { isMore, sameAs } from "./tuningText";

/** Lets a disabled rule label again; what else its tuning says stays. */
export function TurnOn({ rule }: { rule: string }) {
  const renew = useRenewed(rule);
  const turning = useMutation({
    mutationFn: () => turnedOn(rule),
    onSuccess: ({ before, etag }) => {
      told(`${rule} labels what comes from now on.`, async () => {
        await putBack(rule, before, etag);
        await renew();
      });
      return renew();
    },
    onError: failed,
  });
  return (
    <Button
      variant="default"
      size="compact-xs"
      aria-label={`Turn on ${rule}`}
      loading={turning.isPending}
      onClick={() => turning.mutate()}
    >
      Turn on
    </Button>
  );
}

const WHY = "turned on";

/** What its tuning was, and the ETag of what it is now. */
async function turnedOn(rule: string) {
  const path = { rule };
  const { tuned } = await got(api.GET("/api/v1/rules/{rule}", { params: { path } }));
  if (!tuned) throw new Error("A file that a person wrote disables it: change it there.");
  const found = await gotTagged(api.GET("/api/v1/rules/{rule}/tuning", { params: { path } }));
  const { body: before, etag: seen } = found;
  if (!isMore(before)) {
    await deleteTuning(rule, WHY, seen);
    return { before, etag: null };
  }
  const on = { enabled: true, foreseen: sameAs(before), why: WHY };
  const etag = await putTuning(rule, on, seen);
  return { before, etag };
}
