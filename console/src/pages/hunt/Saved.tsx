import { ActionIcon, Button, Group, Menu, TextInput } from "@mantine/core";
import { IconTrash, IconUser, IconUsers } from "@tabler/icons-react";
import { type FormEvent, useState } from "react";
import { seen } from "@/parts/text";
import { useUrl } from "@/parts/url";
import type { Question } from "./hunt";
import { type Search, useSaved } from "./saved";

type Kept = ReturnType<typeof useSaved>;

/** Questions that were kept, one's own and those that others share. */
export function Saved({ question }: { question: Question }) {
  const kept = useSaved();
  const [name, setName] = useState("");
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    await kept.keep({ ...question, name: name.trim(), shared: false });
    setName("");
  };
  const known = kept.searches.some((each) => kept.own(each) && each.name === name.trim());
  return (
    <Menu closeOnItemClick={false}>
      <Menu.Target>
        <Button variant="default">Saved</Button>
      </Menu.Target>
      <Menu.Dropdown>
        {kept.searches.map((search) => (
          <OneSaved key={search.id} search={search} kept={kept} />
        ))}
        <form onSubmit={submit}>
          <Group gap={4} p="xs" wrap="nowrap">
            <TextInput
              aria-label="Keep this question as"
              placeholder="Keep this question as…"
              value={name}
              onChange={(event) => setName(event.currentTarget.value)}
              onKeyDown={(event) => event.stopPropagation()}
            />
            <Button type="submit" loading={kept.busy} disabled={!name.trim() || !question.text}>
              {known ? "Change" : "Keep"}
            </Button>
          </Group>
        </form>
      </Menu.Dropdown>
    </Menu>
  );
}

function OneSaved({ search, kept }: { search: Search; kept: Kept }) {
  const [, setUrl] = useUrl();
  const { kind, text, table, shared } = search;
  const sharing = shared ? "seen by all who may hunt" : "seen by you alone";
  return (
    <Group gap={4} wrap="nowrap">
      <Menu.Item onClick={() => setUrl({ sql: null, search: null, [kind]: text, table })}>
        {seen(search.name)}
      </Menu.Item>
      {kept.own(search) ? (
        <>
          <ActionIcon
            size="xs"
            aria-label={`Share ${seen(search.name)}`}
            aria-pressed={shared}
            title={sharing}
            onClick={() => kept.share(search, !shared)}
          >
            {shared ? <IconUsers size={12} /> : <IconUser size={12} />}
          </ActionIcon>
          <ActionIcon
            size="xs"
            aria-label={`Forget ${seen(search.name)}`}
            onClick={() => kept.forget(search)}
          >
            <IconTrash size={12} />
          </ActionIcon>
        </>
      ) : (
        <span className="quiet">{seen(search.owner)}</span>
      )}
    </Group>
  );
}
