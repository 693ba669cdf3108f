/** Word that something was done, with the way back. */
import { Button, Group, Text } from "@mantine/core";
import { notifications } from "@mantine/notifications";

const SECONDS = 10;

/** Takes something back; what it returns as text is said instead of "Undone." */
type Undo = () => Promise<unknown>;

const offered: { id: string; undo: Undo }[] = []; // what was done last comes last

/** Says what was done; `undo` is offered for ten seconds, by button and by the key z. */
export function told(message: string, undo?: Undo): void {
  const id = crypto.randomUUID();
  if (undo) offered.push({ id, undo });
  notifications.show({
    id,
    autoClose: SECONDS * 1000,
    withBorder: true,
    message: (
      <Group justify="space-between" wrap="nowrap">
        <Text size="sm">{message}</Text>
        {undo && (
          <Button variant="light" onClick={() => takeBack(id)}>
            Undo (z)
          </Button>
        )}
      </Group>
    ),
    onClose: () => void taken(id),
  });
}

/** Says what did not work, in the server's words. */
export function failed(error: unknown): void {
  const message = error instanceof Error ? error.message : String(error);
  notifications.show({ color: "red", title: "This did not work", message, autoClose: 15_000 });
}

/** Takes back what was done last, while that is offered. */
export async function undoLast(): Promise<void> {
  const last = offered.at(-1);
  if (last) await takeBack(last.id);
}

async function takeBack(id: string): Promise<void> {
  const undo = taken(id);
  if (!undo) return;
  notifications.hide(id);
  try {
    const said = await undo();
    notifications.show({ message: typeof said === "string" ? said : "Undone.", autoClose: 5_000 });
  } catch (error) {
    failed(error);
  }
}

/** What is offered under an id, which is offered no longer. */
function taken(id: string): Undo | undefined {
  const place = offered.findIndex((each) => each.id === id);
  return place < 0 ? undefined : offered.splice(place, 1)[0]?.undo;
}
