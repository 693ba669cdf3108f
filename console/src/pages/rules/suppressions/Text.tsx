/** A suppression's text: checked against the past, tried, kept with a reason. */
import { Button, Checkbox, Group, Stack, TextInput } from "@mantine/core";
import { type ReactNode, useState } from "react";
import { isProblem } from "@/api/problem";
import { Failed } from "@/parts/Answer";
import { Refused } from "@/parts/Changed";
import { Editor, type Mark } from "@/parts/Editor";
import { WhatIfButton } from "@/parts/WhatIfButton";
import { Marks } from "../Marks";
import { useChecking } from "./queries";

interface Props {
  text: string;
  setText?: (text: string) => void; // without it is only read
  keep: { name: string; run: (said: { why: string; anyway: boolean }) => void; busy: boolean };
  error: Error | null;
  anew: () => void;
  ways?: ReactNode;
}

export function SuppressionText({ text, setText, keep, error, anew, ways }: Props) {
  const [why, setWhy] = useState("");
  const [anyway, setAnyway] = useState(false);
  const [looked, setLooked] = useState("");
  const checking = useChecking(text);
  const marks: Mark[] = [
    ...(checking.data?.faults ?? []).map((each) => ({ ...each, severity: "error" as const })),
    ...(checking.data?.warnings ?? []).map((each) => ({ ...each, severity: "warning" as const })),
  ];
  const regrets = isProblem(error, 409) || (checking.data?.warnings.length ?? 0) > 0;
  const told = looked === text;
  return (
    <Stack gap="xs">
      <Editor
        label="Text of the suppression"
        language="yaml"
        value={text}
        change={setText}
        marks={told ? marks : []}
        height="300px"
      />
      {setText && (
        <>
          {checking.data && told && (
            <Marks
              of={marks}
              none="Nothing is wrong with it, and nobody will miss what it hides."
            />
          )}
          {checking.error && <Failed error={checking.error} />}
          <Group>
            <Button
              variant="default"
              loading={checking.isPending}
              onClick={() => {
                setLooked(text);
                checking.mutate();
              }}
            >
              Check it on the past
            </Button>
          </Group>
          <WhatIfButton
            disabled={!text.trim()}
            body={{ suppressions: [{ name: "suppression.yml", text }] }}
          />
          <Group align="flex-end" gap="xs">
            <TextInput
              flex={1}
              label="Why"
              description="stands in its history"
              value={why}
              onChange={(event) => setWhy(event.currentTarget.value)}
            />
            <Button
              disabled={!why.trim()}
              loading={keep.busy}
              onClick={() => keep.run({ why, anyway })}
            >
              {keep.name}
            </Button>
            {ways}
          </Group>
          {regrets && (
            <Checkbox
              label="Keep it though it hides more than people may want"
              checked={anyway}
              onChange={(event) => setAnyway(event.currentTarget.checked)}
            />
          )}
          <Refused error={error} anew={anew} />
        </>
      )}
    </Stack>
  );
}
