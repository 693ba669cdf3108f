/** The text and the tests of a new rule: checked as they are typed, tried on the past, kept. */
import { Button, Group, SimpleGrid, Stack, Text, TextInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { useLocation } from "wouter";
import { Failed } from "@/parts/Answer";
import { Editor } from "@/parts/Editor";
import { Panel } from "@/parts/Page";
import { told } from "@/parts/undo";
import { useWhatIf } from "@/parts/useWhatIf";
import { Moves, WhatIfAsked } from "@/parts/WhatIfButton";
import { movesText } from "@/parts/whatif";
import { putRule, putRuleBack, useRenewed } from "./keeping";
import { Marks } from "./Marks";
import { nameIn } from "./newRule";
import { useCanKeep } from "./queries";
import { TestsEditor } from "./TestsEditor";
import { stateOf, useCheck } from "./useCheck";

export function NewRuleForm({ begun }: { begun: string }) {
  const [text, setText] = useState(begun);
  const [tests, setTests] = useState("");
  const name = nameIn(text);
  const path = `${name || "new"}.yml`;
  const checked = useCheck({ path, text, tests, may: true });
  const asking = useWhatIf();
  const edit = { changed: [{ name: path, text }] };
  const ready = name !== "" && checked.faults === 0;
  const moved = asking.movedBy(edit);
  return (
    <Panel title={name || "It needs a name"} note="the line `name:` says what it is called">
      <Stack gap="xs">
        <SimpleGrid cols={{ base: 1, lg: 2 }} spacing="sm">
          <Stack gap={4}>
            <Text size="sm" fw={600}>
              Text
            </Text>
            <Editor
              label="Text of the new rule"
              language="yaml"
              value={text}
              change={setText}
              marks={checked.rule}
              height="420px"
            />
            <Marks of={checked.rule} none={stateOf(checked)} />
          </Stack>
          <TestsEditor
            rule={name || "RULE"}
            note="tried only; kept they lie beside the rule's file"
            tests={tests}
            setTests={setTests}
            checked={checked}
          />
        </SimpleGrid>
        {checked.error && <Failed error={checked.error} />}
        <WhatIfAsked asking={asking} disabled={!ready} body={edit} />
        {ready && <Moves edit={edit} asking={asking} />}
        <Keep name={name} text={text} ready={ready} moves={moved && movesText(moved)} />
        <Text size="xs" className="quiet">
          A new rule has no model: each match alerts until models are trained.
        </Text>
      </Stack>
    </Panel>
  );
}

interface KeepProps {
  name: string;
  text: string;
  ready: boolean;
  moves: string | undefined;
}

function Keep({ name, text, ready, moves }: KeepProps) {
  const [why, setWhy] = useState("");
  const [, go] = useLocation();
  const canKeep = useCanKeep();
  const renew = useRenewed(name);
  const making = useMutation({
    mutationFn: () => putRule(name, { text, why }, null),
    onSuccess: (etag) => {
      const past = moves ? ` In the past that moves: ${moves}.` : "";
      told(`${name} is kept and labels from now on.${past}`, async () => {
        await putRuleBack(name, null, etag);
        go("/rules");
        await renew(true);
      });
      go(`/rules/${encodeURIComponent(name)}`);
      return renew();
    },
  });
  return (
    <>
      <Group align="flex-end" gap="xs">
        <TextInput
          flex={1}
          label="Why"
          description="stands in the rule's history"
          value={why}
          onChange={(event) => setWhy(event.currentTarget.value)}
        />
        <Button
          disabled={!ready || !why.trim() || !canKeep.data}
          loading={making.isPending}
          onClick={() => making.mutate()}
        >
          {ready && !moves ? "Keep it without asking" : "Keep the rule"}
        </Button>
      </Group>
      {making.error && <Failed error={making.error} />}
    </>
  );
}
