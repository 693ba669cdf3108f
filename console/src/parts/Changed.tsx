/** What a change that the server refused is told by: somebody was faster, or something is wrong. */
import { Alert, Button, Group, Stack, Text } from "@mantine/core";
import { isProblem } from "@/api/problem";
import { Failed } from "@/parts/Answer";

interface Props {
  error: Error | null;
  anew: () => void; // load what is there now
}

export function Refused({ error, anew }: Props) {
  if (!error) return null;
  if (!isProblem(error, 412)) return <Failed error={error} />;
  return (
    <Alert color="yellow" title="Somebody changed it meanwhile" role="alert">
      <Stack gap="xs">
        <Text size="sm">
          Nothing was saved. Load what is there now; what you typed stays here until then.
        </Text>
        <Group>
          <Button variant="default" onClick={anew}>
            Load it anew
          </Button>
        </Group>
      </Stack>
    </Alert>
  );
}
