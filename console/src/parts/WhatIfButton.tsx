/** Asks what an unsaved edit would change; the answer stands below. */
import { Button, Group, Stack, Text } from "@mantine/core";
import { Failed } from "@/parts/Answer";
import { Job } from "@/parts/Job";
import { type Asking, type Edit, useWhatIf } from "@/parts/useWhatIf";
import { WhatIfResult } from "@/parts/WhatIfResult";
import { movesText, type WhatIf } from "@/parts/whatif";

interface Props {
  body: Edit;
  disabled: boolean;
}

export function WhatIfButton(props: Props) {
  return <WhatIfAsked {...props} asking={useWhatIf()} />;
}

/** The same, where the page wants to know the answer, too. */
export function WhatIfAsked({ body, disabled, asking }: Props & { asking: Asking }) {
  const { number } = asking;
  return (
    <Stack gap="xs" w="100%">
      <Group>
        <Button
          variant="default"
          disabled={disabled}
          loading={asking.busy}
          onClick={() => asking.ask(body)}
        >
          What would this change?
        </Button>
      </Group>
      {asking.error && <Failed error={asking.error} />}
      {number !== undefined && (
        <Job number={number} key={number}>
          {(result) => <WhatIfResult told={result as WhatIf} />}
        </Job>
      )}
    </Stack>
  );
}

/** What a save would move, as far as somebody asked. */
export function Moves({ edit, asking }: { edit: Edit; asking: Asking }) {
  const told = asking.movedBy(edit);
  return (
    <Text size="sm" role="status" c={told ? undefined : "var(--medium)"}>
      {told
        ? `Saving it moves: ${movesText(told)}.`
        : "Nobody has asked yet what saving this moves."}
    </Text>
  );
}
