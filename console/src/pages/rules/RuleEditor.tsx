/** A rule's text, checked as it is typed, tried on the past, saved with a reason. */
import { Alert, Button, Group, Stack, Text, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { api, got, newKey, type Schema } from "@/api/client";
import { useMay } from "@/api/me";
import { isProblem } from "@/api/problem";
import { Failed } from "@/parts/Answer";
import { Editor, type Mark } from "@/parts/Editor";
import { Job } from "@/parts/Job";
import { told } from "@/parts/undo";

interface Props {
  rule: Schema["RuleDetail"];
  etag: string | null;
}

const PAUSE = 700; // ms without a key after which the text is checked

export function RuleEditor({ rule, etag }: Props) {
  const [text, setText] = useState(rule.text);
  const [why, setWhy] = useState("");
  const may = useMay("engineer");
  const client = useQueryClient();
  const changed = text !== rule.text;
  const path = `${rule.id}.yml`;
  const { marks, faults } = useCheck(path, text, may);
  const trying = useMutation({
    mutationFn: () =>
      got(
        api.POST("/api/v1/what-if", {
          body: {
            changed: [{ name: path, text }],
            removed: [],
            suppressions: [],
            models: {},
            examples: 5,
          },
          params: { header: { "idempotency-key": newKey() } },
        }),
      ),
  });
  const saving = useMutation({
    mutationFn: () =>
      got(
        api.PUT("/api/v1/rules/{rule}", {
          params: { path: { rule: rule.id }, header: { "if-match": etag } },
          body: { text, why },
        }),
      ),
    onSuccess: () => {
      told(`${rule.id} is saved; the judges take it within seconds.`);
      return client.invalidateQueries({ queryKey: ["rule", rule.id] });
    },
  });
  return (
    <Stack gap="xs">
      <Editor
        label={`Text of ${rule.id}`}
        language="yaml"
        value={text}
        change={may ? setText : undefined}
        marks={marks}
        height="420px"
      />
      {!may && (
        <Text size="sm" className="quiet">
          Your role reads rules; the role engineer edits them.
        </Text>
      )}
      {may && (
        <Group gap="xs" align="flex-end">
          <Button
            variant="default"
            disabled={!changed}
            loading={trying.isPending}
            onClick={() => trying.mutate()}
          >
            What would this change?
          </Button>
          <TextInput
            flex={1}
            aria-label="Why"
            placeholder="Why (stands in the rule's history)"
            value={why}
            onChange={(event) => setWhy(event.currentTarget.value)}
          />
          <Button
            disabled={!changed || faults > 0 || !why.trim()}
            loading={saving.isPending}
            onClick={() => saving.mutate()}
          >
            Save
          </Button>
          {changed && (
            <Button variant="subtle" color="gray" onClick={() => setText(rule.text)}>
              As it was
            </Button>
          )}
        </Group>
      )}
      {marks.map((mark) => (
        <Text
          key={`${mark.line} ${mark.message}`}
          size="sm"
          c={mark.severity === "error" ? "var(--critical)" : "var(--medium)"}
        >
          Line {mark.line}: {mark.message}
        </Text>
      ))}
      {isProblem(saving.error, 412) ? (
        <Alert color="yellow" title="Somebody saved it meanwhile">
          Load the page again to see what they wrote; your text stays here until then.
        </Alert>
      ) : (
        saving.error && <Failed error={saving.error} />
      )}
      {trying.error && <Failed error={trying.error} />}
      {trying.data && <Job number={trying.data.id} />}
    </Stack>
  );
}

/** What the server says of a text, a moment after the last key. */
function useCheck(path: string, text: string, may: boolean): { marks: Mark[]; faults: number } {
  const [settled] = useDebouncedValue(text, PAUSE);
  const found = useQuery({
    queryKey: ["rule check", path, settled],
    enabled: may,
    placeholderData: (before) => before,
    queryFn: () =>
      got(
        api.POST("/api/v1/rule-checks", { body: { files: [{ path, text: settled }], tests: [] } }),
      ),
  });
  return useMemo(() => {
    const faults = found.data?.faults ?? [];
    const warnings = found.data?.warnings ?? [];
    const marked = (each: Schema["Fault"], severity: Mark["severity"]): Mark => ({
      line: each.line,
      message: each.message,
      severity,
    });
    return {
      marks: [
        ...faults.map((each) => marked(each, "error")),
        ...warnings.map((each) => marked(each, "warning")),
      ],
      faults: faults.length,
    };
  }, [found.data]);
}
