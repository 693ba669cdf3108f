import { Button } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api, got, gotTagged } from "@/api/client";
import { failed, told } from "@/parts/undo";

/** Takes the tuning away that disables a rule; it is as its file says then. */
export function TurnOn({ rule }: { rule: string }) {
  const client = useQueryClient();
  const renew = () =>
    Promise.all([
      client.invalidateQueries({ queryKey: ["rules"] }),
      client.invalidateQueries({ queryKey: ["rule", rule] }),
    ]);
  const path = { rule };
  const turning = useMutation({
    mutationFn: async () => {
      const { etag } = await gotTagged(
        api.GET("/api/v1/rules/{rule}/tuning", { params: { path } }),
      );
      const query = { why: "turned on" };
      await got(
        api.DELETE("/api/v1/rules/{rule}/tuning", {
          params: { path, query, header: { "if-match": etag } },
        }),
      );
    },
    onSuccess: () => {
      told(`${rule} labels what comes from now on.`, async () => {
        const body = { enabled: false, foreseen: {}, why: "undone" };
        await got(api.PUT("/api/v1/rules/{rule}/tuning", { params: { path }, body }));
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
