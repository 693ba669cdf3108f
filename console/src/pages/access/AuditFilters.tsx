/** Which entries of the audit log are shown: by whom, what and when; the address holds it. */
import { Autocomplete, Button, Group, SegmentedControl, TextInput } from "@mantine/core";
import { useEffect, useState } from "react";
import type { Schema } from "@/api/client";
import { seen } from "@/parts/text";
import { useUrl } from "@/parts/url";

type Entry = Schema["EntryView"];
const DAY = 86_400_000;
const DAYS: Record<string, number> = { "24 h": 1, "7 d": 7, "30 d": 30, "90 d": 90 };
const ALL = "all";
const WORDS = ["text", "actor", "action", "kind"] as const;
const NAMES = { actor: "Who", action: "Did", kind: "Kind" } as const;

/** What the server is asked for. */
export function useSought(): Record<string, string> {
  const [url] = useUrl();
  const [now] = useState(Date.now);
  const days = DAYS[url.get("span") ?? ALL];
  const found = WORDS.flatMap((name) => {
    const value = url.get(name);
    return value ? [[name, value]] : [];
  });
  const from = days ? [["from", new Date(now - days * DAY).toISOString()]] : [];
  return Object.fromEntries([...found, ...from]);
}

export function AuditFilters({ entries }: { entries: Entry[] }) {
  const [url, setUrl] = useUrl();
  const span = url.get("span") ?? ALL;
  const cleared = Object.fromEntries([...WORDS, "span"].map((name) => [name, null]));
  return (
    <Group gap="xs">
      <Text />
      {(["actor", "action", "kind"] as const).map((name) => (
        <Word key={name} name={name} known={entries.map((entry) => entry[name])} />
      ))}
      <SegmentedControl
        aria-label="Time"
        data={[...Object.keys(DAYS), ALL]}
        value={span in DAYS ? span : ALL}
        onChange={(value) => setUrl({ span: value === ALL ? null : value }, true)}
      />
      {[...WORDS, "span"].some((name) => url.get(name)) && (
        <Button variant="subtle" onClick={() => setUrl(cleared, true)}>
          All entries
        </Button>
      )}
    </Group>
  );
}

/** A draft of a parameter of the address, which follows it when it changes elsewhere. */
function useDraft(name: string): [string, (value: string) => void, (value: string) => void] {
  const [url, setUrl] = useUrl();
  const held = url.get(name) ?? "";
  const [draft, setDraft] = useState(held);
  useEffect(() => setDraft(held), [held]);
  return [draft, setDraft, (value) => value !== held && setUrl({ [name]: value }, true)];
}

function Text() {
  const [draft, setDraft, ask] = useDraft("text");
  return (
    <TextInput
      aria-label="Text in names"
      placeholder="text in any name"
      w={200}
      value={draft}
      onChange={(event) => setDraft(event.currentTarget.value)}
      onBlur={() => ask(draft)}
      onKeyDown={(event) => event.key === "Enter" && ask(draft)}
    />
  );
}

function Word({ name, known }: { name: keyof typeof NAMES; known: string[] }) {
  const [draft, setDraft, ask] = useDraft(name);
  const data = [...new Set(known)].filter((each) => seen(each) === each).sort();
  return (
    <Autocomplete
      size="xs"
      aria-label={NAMES[name]}
      placeholder={NAMES[name].toLowerCase()}
      w={130}
      data={data}
      value={draft}
      onChange={setDraft}
      onOptionSubmit={ask}
      onBlur={() => ask(draft)}
      onKeyDown={(event) => event.key === "Enter" && ask(draft)}
    />
  );
}
