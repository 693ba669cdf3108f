/** A rule's text and tests: checked as they are typed, tried on the past, saved with a reason. */
import { Anchor, Button, Group, SimpleGrid, Stack, Text, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "wouter";
import { api, got, newKey, type Schema } from "@/api/client";
import { useMay } from "@/api/me";
import { Failed } from "@/parts/Answer";
import { Refused } from "@/parts/Changed";
import { Editor } from "@/parts/Editor";
import { Job } from "@/parts/Job";
import { told } from "@/parts/undo";
import { WhatIfResult } from "@/parts/WhatIfResult";
import type { WhatIf } from "@/parts/whatif";
import { Marks } from "./Marks";
import { testsFor } from "./newRule";
import { type Checked, useCheck } from "./useCheck";

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
  if (tests.isPending) return null;
  const text = tests.data?.files.map((file) => file.text).join("\n---\n") ?? "";
  return <Form rule={rule} etag={etag} shipped={text} key={rule.id} />;
}

function Form({ rule, etag, shipped }: Props & { shipped: string }) {
  const [text, setText] = useState(rule.text);
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
        <Stack gap={4}>
          <Text size="sm" fw={600}>
            Tests{" "}
            <span className="quiet">
              {shipped ? "that lie beside it; edits here are only tried" : "none lie beside it"}
            </span>
          </Text>
          <Editor
            label={`Tests of ${rule.id}`}
            language="yaml"
            value={tests}
            change={may ? setTests : undefined}
            marks={checked.tests}
            height="420px"
          />
          {may &&
            (tests.trim() ? (
              <Tests checked={checked} />
            ) : (
              <Group>
                <Button variant="default" onClick={() => setTests(testsFor(rule.id))}>
                  Begin some
                </Button>
              </Group>
            ))}
        </Stack>
      </SimpleGrid>
      {checked.error && <Failed error={checked.error} />}
      {may ? (
        <Ways rule={rule} etag={etag} text={text} setText={setText} checked={checked} />
      ) : (
        <Text size="sm" className="quiet">
          Your role reads rules; the role engineer edits them.
        </Text>
      )}
    </Stack>
  );
}

const stateOf = (checked: Checked): string =>
  checked.busy ? "Checking…" : checked.known ? "Nothing is wrong with it." : "";

function Tests({ checked }: { checked: Checked }) {
  return (
    <>
      <Marks
        of={checked.tests}
        none={
          checked.promises.length ? undefined : checked.busy ? "Testing…" : "It keeps them all."
        }
      />
      {checked.promises.map((each) => (
        <Text key={each} size="sm" c="var(--medium)">
          {each}
        </Text>
      ))}
    </>
  );
}

interface WaysProps extends Props {
  text: string;
  setText: (text: string) => void;
  checked: Checked;
}

function Ways({ rule, etag, text, setText, checked }: WaysProps) {
  const changed = text !== rule.text;
  return (
    <Stack gap="xs">
      <Group gap="xs">
        <WhatIfButton
          disabled={!changed || checked.faults > 0}
          body={{ changed: [{ name: `${rule.id}.yml`, text }] }}
        />
        {changed && (
          <Button variant="subtle" color="gray" onClick={() => setText(rule.text)}>
            As it was
          </Button>
        )}
      </Group>
      {rule.kept === "local" ? (
        <Save rule={rule} etag={etag} text={text} ready={changed && checked.faults === 0} />
      ) : (
        <Text size="sm" className="quiet">
          This rule comes with Foreseen and stays as it is: tune or disable it on the tab Tuning, or{" "}
          <Anchor
            component={Link}
            size="sm"
            href={`/rules/new?from=${encodeURIComponent(rule.id)}`}
          >
            make a local one of it
          </Anchor>
          .
        </Text>
      )}
    </Stack>
  );
}

/** Asks what an unsaved edit would change; the answer stands below. */
export function WhatIfButton({
  body,
  disabled,
}: {
  body: Partial<Schema["NewWhatIf"]>;
  disabled: boolean;
}) {
  const trying = useMutation({
    mutationFn: () =>
      got(
        api.POST("/api/v1/what-if", {
          body: { changed: [], removed: [], suppressions: [], models: {}, examples: 5, ...body },
          params: { header: { "idempotency-key": newKey() } },
        }),
      ),
  });
  return (
    <Stack gap="xs" w="100%">
      <Group>
        <Button
          variant="default"
          disabled={disabled}
          loading={trying.isPending}
          onClick={() => trying.mutate()}
        >
          What would this change?
        </Button>
      </Group>
      {trying.error && <Failed error={trying.error} />}
      {trying.data && (
        <Job number={trying.data.id} key={trying.data.id}>
          {(result) => <WhatIfResult told={result as WhatIf} />}
        </Job>
      )}
    </Stack>
  );
}

interface SaveProps extends Props {
  text: string;
  ready: boolean;
}

function Save({ rule, etag, text, ready }: SaveProps) {
  const [why, setWhy] = useState("");
  const client = useQueryClient();
  const renew = () => client.invalidateQueries({ queryKey: ["rule", rule.id] });
  const saving = useMutation({
    mutationFn: () =>
      got(
        api.PUT("/api/v1/rules/{rule}", {
          params: { path: { rule: rule.id }, header: { "if-match": etag } },
          body: { text, why },
        }),
      ),
    onSuccess: () => {
      setWhy("");
      told(`${rule.id} is saved; the judges take it within seconds. The tab Versions undoes it.`);
      return renew();
    },
  });
  return (
    <>
      <Group gap="xs" align="flex-end">
        <TextInput
          flex={1}
          label="Why"
          description="stands in the rule's history"
          value={why}
          onChange={(event) => setWhy(event.currentTarget.value)}
        />
        <Button
          disabled={!ready || !why.trim()}
          loading={saving.isPending}
          onClick={() => saving.mutate()}
        >
          Save
        </Button>
      </Group>
      <Refused error={saving.error} anew={renew} />
    </>
  );
}
