import { Button } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { failed, told } from "@/parts/undo";
import { deleteTuning, putBack, putTuning, tuningOf, useRenewed } from "./keeping";
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
  const found = await tuningOf(rule);
  if (!found) throw new Error("A file that a person wrote disables it: change it there.");
  const { body: before, etag: seen } = found;
  if (!isMore(before)) {
    await deleteTuning(rule, WHY, seen);
    return { before, etag: null };
  }
  const on = { enabled: true, foreseen: sameAs(before), why: WHY };
  const etag = await putTuning(rule, on, seen);
  return { before, etag };
}
