/** A rule's text and tests: checked as they are typed, tried on the past, saved with a reason. */
import { Anchor, Button, Group, SimpleGrid, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { Link } from "wouter";
import { api, got, type Schema } from "@/api/client";
import { useMay } from "@/api/me";
import { Answer, Failed } from "@/parts/Answer";
import { Editor } from "@/parts/Editor";
import { useWhatIf } from "@/parts/useWhatIf";
import { Moves, WhatIfAsked } from "@/parts/WhatIfButton";
import { NoFolder } from "./Keep";
import { Marks } from "./Marks";
import { SaveRule } from "./SaveRule";
import { TestsEditor } from "./TestsEditor";
import { type Checked, stateOf, useCheck } from "./useCheck";

interface Props {
  rule: Schema["RuleDetail"];
  etag: string | null;
}

export function RuleEditor({ rule, etag }: Props) {
  const tests = useQuery({
    queryKey: ["rule", rule.id, "tests"],
    queryFn: () =>
      got(api.GET("/api/v1/rules/{rule}/tests", { params: { path: { rule: rule.id } } })),
  });
  return (
    <Answer of={tests} lines={12}>
      {({ files }) => (
        <Form
          rule={rule}
          etag={etag}
          shipped={files.map((file) => file.text).join("\n---\n")}
          key={rule.id}
        />
      )}
    </Answer>
  );
}

function Form({ rule, etag, shipped }: Props & { shipped: string }) {
  const [text, setText] = useState(rule.text);
  const [base, setBase] = useState({ text: rule.text, etag }); // what is edited, and its version
  if (base.etag !== etag && (text === base.text || text === rule.text)) {
    // Nothing is typed, or it is saved. Else the version stays, and saving over another's is refused.
    setBase({ text: rule.text, etag });
    setText(rule.text);
  }
  const [tests, setTests] = useState(shipped);
  const may = useMay("engineer");
  const checked = useCheck({ path: rule.path, text, tests, may });
  return (
    <Stack gap="xs">
      <SimpleGrid cols={{ base: 1, lg: 2 }} spacing="sm">
        <Stack gap={4}>
          <Text size="sm" fw={600}>
            Text
          </Text>
          <Editor
            label={`Text of ${rule.id}`}
            language="yaml"
            value={text}
            change={may ? setText : undefined}
            marks={checked.rule}
            height="420px"
          />
          {may && <Marks of={checked.rule} none={stateOf(checked)} />}
        </Stack>
        <TestsEditor
          rule={rule.id}
          note={shipped ? "that lie beside it; edits here are only tried" : "none lie beside it"}
          tests={tests}
          setTests={may ? setTests : undefined}
          checked={checked}
        />
      </SimpleGrid>
      {checked.error && <Failed error={checked.error} />}
      {may ? (
        <Ways
          rule={{ ...rule, text: base.text }}
          etag={base.etag}
          text={text}
          setText={setText}
          checked={checked}
        />
      ) : (
        <Text size="sm" className="quiet">
          Your role reads rules; the role engineer edits them.
        </Text>
      )}
    </Stack>
  );
}

interface WaysProps extends Props {
  text: string;
  setText: (text: string) => void;
  checked: Checked;
}

function Ways({ rule, etag, text, setText, checked }: WaysProps) {
  const asking = useWhatIf();
  const changed = text !== rule.text;
  const edit = { changed: [{ name: `${rule.id}.yml`, text }] };
  const ready = changed && checked.faults === 0;
  return (
    <Stack gap="xs">
      {changed && (
        <Group>
          <Button variant="subtle" color="gray" onClick={() => setText(rule.text)}>
            Text as it was
          </Button>
        </Group>
      )}
      <WhatIfAsked asking={asking} disabled={!ready} body={edit} />
      <Keeping rule={rule}>
        {ready && <Moves edit={edit} asking={asking} />}
        <SaveRule
          rule={rule}
          etag={etag}
          text={text}
          ready={ready}
          moved={asking.movedBy(edit)}
          giveUp={() => setText(rule.text)}
        />
      </Keeping>
    </Stack>
  );
}

/** The way to save, or why there is none. */
function Keeping({ rule, children }: { rule: Schema["RuleDetail"]; children: ReactNode }) {
  if (!rule.can_keep) return <NoFolder />;
  if (rule.kept === "local") return children;
  return (
    <Text size="sm" className="quiet">
      This rule comes with Foreseen and stays as it is: tune or disable it on the tab Tuning, or{" "}
      <Anchor
        component={Link}
        size="sm"
        underline="always"
        href={`/rules/new?from=${encodeURIComponent(rule.id)}`}
      >
        make a local one of it
      </Anchor>
      .
    </Text>
  );
}
