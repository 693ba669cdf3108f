/** What the list shows: one box for words and fields, states, severities, and a chip for each filter. */
import { ActionIcon, Button, Group, Menu, Pill, SegmentedControl, TextInput } from "@mantine/core";
import { useLocalStorage } from "@mantine/hooks";
import { IconBookmark, IconSearch, IconTrash } from "@tabler/icons-react";
import { type FormEvent, useEffect, useRef, useState } from "react";
import { useLocation, useSearch } from "wouter";
import { SEVERITIES, SeverityMark } from "@/parts/severity";
import { seen } from "@/parts/text";
import { useUrl } from "@/parts/url";
import { useKeys } from "@/shell/keys";
import { FIELDS, type Filter, STATUSES, typedChange } from "./filter";

export function FilterBar({ filter }: { filter: Filter }) {
  const [url, setUrl] = useUrl();
  const states = url.getAll("status");
  return (
    <Group gap="xs">
      <SegmentedControl
        aria-label="Status"
        data={[...STATUSES, "all"]}
        value={states.length > 1 ? "" : (states[0] ?? "open")}
        onChange={(value) => setUrl({ status: value === "open" ? null : value })}
      />
      <Severities filter={filter} />
      <QueryBox letters={filter.q ?? ""} />
      <GroupChoice />
      <Views />
      {[...FIELDS, "from", "until"].map(
        (name) =>
          url.has(name) && (
            <Pill
              key={name}
              withRemoveButton
              onRemove={() => setUrl({ [name]: null })}
              removeButtonProps={{ "aria-label": `without ${name}` }}
            >
              {name}: {seen(url.get(name) || "nobody")}
            </Pill>
          ),
      )}
    </Group>
  );
}

function Severities({ filter }: { filter: Filter }) {
  const [, setUrl] = useUrl();
  const on = new Set<string>(filter.severity ?? []);
  const toggle = (name: string) => {
    if (!on.delete(name)) on.add(name);
    setUrl({ severity: [...on] });
  };
  return (
    <Group gap={4} role="group" aria-label="Severity">
      {SEVERITIES.map((name) => (
        <Button
          key={name}
          variant={on.has(name) ? "light" : "default"}
          aria-pressed={on.has(name)}
          leftSection={<SeverityMark severity={name} />}
          px={8}
          onClick={() => toggle(name)}
        >
          {name}
        </Button>
      ))}
    </Group>
  );
}

function QueryBox({ letters }: { letters: string }) {
  const [, setUrl] = useUrl();
  const [typed, setTyped] = useState(letters);
  const [problem, setProblem] = useState<string | null>(null);
  const box = useRef<HTMLInputElement>(null);
  useEffect(() => setTyped(letters), [letters]);
  useKeys("Alerts", [{ keys: "/", does: "filter", run: () => box.current?.focus() }]);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const found = typedChange(typed);
    setProblem(found.problem);
    if (!found.problem) setUrl(found.change);
  };
  return (
    <form onSubmit={submit} style={{ flex: "1 1 16rem" }}>
      <TextInput
        ref={box}
        aria-label="Filter alerts"
        placeholder="letters of the title, workload:db rule:… host:… assignee:…   ( / )"
        leftSection={<IconSearch size={14} />}
        value={typed}
        error={problem}
        onChange={(event) => setTyped(event.currentTarget.value)}
        onKeyDown={(event) => event.key === "Escape" && box.current?.blur()}
      />
    </form>
  );
}

const GROUPS = ["rule", "workload", "host", "severity", "assignee", "incident"];

function GroupChoice() {
  const [url, setUrl] = useUrl();
  const by = url.get("group");
  return (
    <Menu>
      <Menu.Target>
        <Button variant={by ? "light" : "default"}>{by ? `by ${by}` : "Group by"}</Button>
      </Menu.Target>
      <Menu.Dropdown>
        {GROUPS.map((name) => (
          <Menu.Item key={name} onClick={() => setUrl({ group: name })}>
            {name}
          </Menu.Item>
        ))}
        {by && <Menu.Item onClick={() => setUrl({ group: null })}>not grouped</Menu.Item>}
      </Menu.Dropdown>
    </Menu>
  );
}

interface View {
  name: string;
  search: string;
}

/** Views that this browser keeps: an address each. */
function Views() {
  const [views, setViews] = useLocalStorage<View[]>({ key: "foreseen.views", defaultValue: [] });
  const [, go] = useLocation();
  const search = useSearch();
  const [name, setName] = useState("");
  const keep = (event: FormEvent) => {
    event.preventDefault();
    const named = name.trim();
    if (named) setViews([...views.filter((view) => view.name !== named), { name: named, search }]);
    setName("");
  };
  return (
    <Menu closeOnItemClick={false}>
      <Menu.Target>
        <Button variant="default" leftSection={<IconBookmark size={14} />}>
          Views
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {views.map((view) => (
          <Menu.Item
            key={view.name}
            component="div"
            onClick={() => go(`/alerts?${view.search}`)}
            rightSection={
              <ActionIcon
                size="xs"
                aria-label={`Forget ${view.name}`}
                onClick={(event) => {
                  event.stopPropagation();
                  setViews(views.filter((each) => each.name !== view.name));
                }}
              >
                <IconTrash size={12} />
              </ActionIcon>
            }
          >
            {view.name}
          </Menu.Item>
        ))}
        <form onSubmit={keep}>
          <TextInput
            p="xs"
            aria-label="Keep this view as"
            placeholder="Keep this view as…"
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
            onKeyDown={(event) => event.stopPropagation()}
          />
        </form>
      </Menu.Dropdown>
    </Menu>
  );
}
