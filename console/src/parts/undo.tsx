/** Word that something was done, with the way back. */
import { Button, Group, Text } from "@mantine/core";
import { notifications } from "@mantine/notifications";

const SECONDS = 10;
let last: { id: string; undo: () => Promise<unknown> } | null = null;

/** Says what was done; `undo` is offered for ten seconds, by button and by the key z. */
export function told(message: string, undo?: () => Promise<unknown>): void {
  const id = crypto.randomUUID();
  if (undo) last = { id, undo };
  notifications.show({
    id,
    autoClose: SECONDS * 1000,
    withBorder: true,
    message: (
      <Group justify="space-between" wrap="nowrap">
        <Text size="sm">{message}</Text>
        {undo && (
          <Button variant="light" onClick={undoLast}>
            Undo (z)
          </Button>
        )}
      </Group>
    ),
    onClose: () => {
      if (last?.id === id) last = null;
    },
  });
}

/** Says what did not work, in the server's words. */
export function failed(error: unknown): void {
  const message = error instanceof Error ? error.message : String(error);
  notifications.show({ color: "red", title: "This did not work", message, autoClose: 15_000 });
}

/** Takes back what was done last, while that is offered. */
export async function undoLast(): Promise<void> {
  if (!last) return;
  const { id, undo } = last;
  last = null;
  notifications.hide(id);
  try {
    await undo();
    notifications.show({ message: "Undone.", autoClose: 3_000 });
  } catch (error) {
    failed(error);
  }
}
