/** An account that has to wait since too many logins failed, and its way out. */
import { Badge, Button, Group } from "@mantine/core";
import { IconLock } from "@tabler/icons-react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api, got } from "@/api/client";
import { seen } from "@/parts/text";
import { Moment } from "@/parts/times";
import { failed, told } from "@/parts/undo";

export const PEOPLE = ["console people"];

/** Too many logins failed: the person has to wait. */
export function Locked({ until }: { until: string }) {
  return (
    <Group gap={4} wrap="nowrap">
      <Badge color="orange" variant="light" leftSection={<IconLock size={12} aria-hidden />}>
        locked
      </Badge>
      <span className="quiet">
        until <Moment at={until} short />
      </span>
    </Group>
  );
}

/** Lets somebody try again at once; failures count anew from there, so that there is no way back. */
export function Unlock({ name }: { name: string }) {
  const client = useQueryClient();
  const unlocking = useMutation({
    mutationFn: () => got(api.POST("/api/v1/users/{name}/unlock", { params: { path: { name } } })),
    onSuccess: () => {
      told(`${seen(name)} may log in again; their failed logins are forgotten.`);
      return client.invalidateQueries({ queryKey: PEOPLE });
    },
    onError: failed,
  });
  return (
    <Button
      variant="default"
      size="compact-xs"
      aria-label={`Unlock ${seen(name)}`}
      loading={unlocking.isPending}
      onClick={() => unlocking.mutate()}
    >
      Unlock
    </Button>
  );
}
