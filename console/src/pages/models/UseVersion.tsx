/** Takes a version into use: an older one, or the newer one again. */
import { Button, Group, Stack, Text, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, got, gotTagged } from "@/api/client";
import { useMay } from "@/api/me";
import { Answer } from "@/parts/Answer";
import { Refused } from "@/parts/Changed";
import { Dialog } from "@/parts/Dialog";
import { told } from "@/parts/undo";

interface Props {
  version: number;
  refused: string | null;
}

export function UseVersion({ version, refused }: Props) {
  const may = useMay("engineer");
  const [asked, setAsked] = useState(false);
  if (!may) return null;
  if (refused)
    return (
      <Text size="xs" className="quiet">
        two persons, on the command line
      </Text>
    );
  return (
    <>
      <Button variant="default" size="compact-xs" onClick={() => setAsked(true)}>
        Use this one
      </Button>
      {asked && <Confirm version={version} close={() => setAsked(false)} />}
    </>
  );
}

function Confirm({ version, close }: { version: number; close: () => void }) {
  const client = useQueryClient();
  const [reason, setReason] = useState("");
  const path = { number: version };
  const seen = useQuery({
    queryKey: ["models", "versions", version, "tagged"],
    queryFn: () => gotTagged(api.GET("/api/v1/models/versions/{number}", { params: { path } })),
  });
  const renew = () => client.invalidateQueries({ queryKey: ["models"] });
  const using = useMutation({
    mutationFn: (etag: string | null) => {
      const params = { path, header: { "if-match": etag } };
      return got(api.POST("/api/v1/models/versions/{number}/use", { params, body: { reason } }));
    },
    onSuccess: (_, etag) => {
      close();
      const before = Number(etag?.replaceAll('"', ""));
      told(`Version ${version} is in use.`, before ? () => goBack(before, renew) : undefined);
      return renew();
    },
  });
  return (
    <Dialog onClose={close} title={`Use version ${version}`}>
      <Answer of={seen} lines={2}>
        {({ etag }) => (
          <Stack>
            <TextInput
              label="Why"
              description="stands in the history of each model"
              required
              value={reason}
              onChange={(event) => setReason(event.currentTarget.value)}
            />
            <Refused error={using.error} anew={renew} />
            <Group justify="flex-end">
              <Button variant="default" onClick={close}>
                Cancel
              </Button>
              <Button
                disabled={!reason.trim()}
                loading={using.isPending}
                onClick={() => using.mutate(etag)}
              >
                Use it
              </Button>
            </Group>
          </Stack>
        )}
      </Answer>
    </Dialog>
  );
}

async function goBack(version: number, renew: () => Promise<unknown>): Promise<void> {
  const path = { number: version };
  const { etag } = await gotTagged(
    api.GET("/api/v1/models/versions/{number}", { params: { path } }),
  );
  await got(
    api.POST("/api/v1/models/versions/{number}/use", {
      params: { path, header: { "if-match": etag } },
      body: { reason: "undone" },
    }),
  );
  await renew();
}
