import { Button, Group, Text } from "@mantine/core";
import { whole } from "@/parts/numbers";

interface Props {
  may: boolean;
  count: number; // what an action would be about
  chosen: number;
  all: boolean;
  total: number;
  busy: boolean;
  chooseAll: () => void;
  clear: () => void;
  dismiss: () => void;
  escalate: () => void;
  acknowledge: () => void;
  take: () => void;
}

/** What is chosen, and what can be done with it. */
export function BulkBar(props: Props) {
  const { may, count, chosen, all, total, busy } = props;
  if (!may) {
    return (
      <Text size="xs" className="quiet">
        Your role reads alerts; the role analyst dismisses and escalates them.
      </Text>
    );
  }
  return (
    <Group gap="xs" mih={26}>
      <Button variant="default" disabled={!count} loading={busy} onClick={props.dismiss}>
        Dismiss (d)
      </Button>
      <Button variant="default" disabled={!count} loading={busy} onClick={props.escalate}>
        Escalate (e)
      </Button>
      <Button variant="default" disabled={!count} loading={busy} onClick={props.acknowledge}>
        Look into (i)
      </Button>
      <Button variant="default" disabled={!count} loading={busy} onClick={props.take}>
        Take (a)
      </Button>
      <Text size="sm" className="quiet" aria-live="polite">
        {all
          ? `all ${whole(total)} that match are chosen`
          : chosen
            ? `${whole(chosen)} chosen`
            : "the row of the keys"}
      </Text>
      {!all && total > Math.max(chosen, 1) && (
        <Button variant="subtle" onClick={props.chooseAll}>
          Choose all {whole(total)} that match
        </Button>
      )}
      {(all || chosen > 0) && (
        <Button variant="subtle" color="gray" onClick={props.clear}>
          Choose none
        </Button>
      )}
    </Group>
  );
}
