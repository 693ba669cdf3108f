/** What the list shows: one box for fields, the reason, and a chip for each filter. */
import { Group, Pill, Select, TextInput } from "@mantine/core";
import { IconSearch } from "@tabler/icons-react";
import { type FormEvent, useRef, useState } from "react";
import { seen } from "@/parts/text";
import { useUrl } from "@/parts/url";
import { useKeys } from "@/shell/keys";
import { BASES, FIELDS, typedChange } from "./wanted";

export function Filter() {
  const [url, setUrl] = useUrl();
  return (
    <Group gap="xs">
      <QueryBox />
      <Select
        aria-label="Why it was suppressed"
        placeholder="for any reason"
        clearable
        data={[...BASES]}
        value={url.get("basis")}
        onChange={(value) => setUrl({ basis: value })}
        w={210}
      />
      {[...FIELDS, "from", "until"].map(
        (name) =>
          url.has(name) && (
            <Pill
              key={name}
              withRemoveButton
              onRemove={() => setUrl({ [name]: null })}
              removeButtonProps={{ "aria-label": `without ${name}` }}
            >
              {name}: {seen(url.get(name) ?? "")}
            </Pill>
          ),
      )}
    </Group>
  );
}

function QueryBox() {
  const [, setUrl] = useUrl();
  const [typed, setTyped] = useState("");
  const [problem, setProblem] = useState<string | null>(null);
  const box = useRef<HTMLInputElement>(null);
  useKeys("Suppressed", [{ keys: "/", does: "filter", run: () => box.current?.focus() }]);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const found = typedChange(typed);
    setProblem(found.problem);
    if (found.problem) return;
    setUrl(found.change);
    setTyped("");
  };
  return (
    <form onSubmit={submit} style={{ flex: "1 1 16rem" }}>
      <TextInput
        ref={box}
        aria-label="Filter suppressed matches"
        placeholder="rule:… workload:… host:… user:… from:2026-11-01   ( / )"
        leftSection={<IconSearch size={14} />}
        value={typed}
        error={problem}
        onChange={(event) => setTyped(event.currentTarget.value)}
        onKeyDown={(event) => event.key === "Escape" && box.current?.blur()}
      />
    </form>
  );
}
