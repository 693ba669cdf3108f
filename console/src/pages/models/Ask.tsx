/** Asks for a job, follows it, and has what hangs on it loaded anew when it is done. */
import { Button, Stack } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useEffect } from "react";
import type { Schema } from "@/api/client";
import { useMay } from "@/api/me";
import { Failed } from "@/parts/Answer";
import { Job } from "@/parts/Job";

interface Props {
  name: string;
  ask: () => Promise<Schema["JobView"]>;
  renews?: readonly unknown[]; // queries that are old then
  disabled?: boolean;
  children?: (result: unknown) => ReactNode;
}

export function Ask({ name, ask, renews, disabled = false, children }: Props) {
  const may = useMay("engineer");
  const asking = useMutation({ mutationFn: ask });
  if (!may) return null;
  return (
    <Stack gap="xs" align="flex-start">
      <Button
        variant="default"
        disabled={disabled}
        loading={asking.isPending}
        onClick={() => asking.mutate()}
      >
        {name}
      </Button>
      {asking.error && <Failed error={asking.error} />}
      {asking.data && (
        <Job number={asking.data.id} key={asking.data.id}>
          {(result) => (
            <>
              <Renewed renews={renews} />
              {children?.(result) ?? "Done."}
            </>
          )}
        </Job>
      )}
    </Stack>
  );
}

function Renewed({ renews }: { renews?: readonly unknown[] | undefined }) {
  const client = useQueryClient();
  const key = renews && JSON.stringify(renews);
  useEffect(() => {
    if (key) client.invalidateQueries({ queryKey: JSON.parse(key) });
  }, [client, key]);
  return null;
}
