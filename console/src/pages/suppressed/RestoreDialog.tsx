import { Button, Group, Stack, Text, Textarea } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { Dialog } from "@/parts/Dialog";
import { useRestore } from "./matches";

/** Why a suppressed match should be told, and what that does. */
export function RestoreDialog({ uid, close }: { uid: string; close: () => void }) {
  const [text, setText] = useState("");
  const restoring = useRestore();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    restoring.mutate({ uid, text }, { onSuccess: close });
  };
  return (
    <Dialog onClose={close} title="Restore as an alert" size="lg">
      <form onSubmit={submit}>
        <Stack gap="sm">
          <Text size="sm">
            The match becomes an open alert. What the model decided stays on record, and while the
            alert is not dismissed, the model learns nothing from the match.
          </Text>
          <Textarea
            label="Why it should be told"
            autosize
            minRows={2}
            maxLength={4000}
            data-autofocus
            value={text}
            onChange={(event) => setText(event.currentTarget.value)}
          />
          <Group justify="flex-end">
            <Button variant="default" onClick={close}>
              Cancel
            </Button>
            <Button type="submit" loading={restoring.isPending}>
              Restore
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  );
}
