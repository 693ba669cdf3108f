import { ActionIcon, Button, Group, Menu, TextInput } from "@mantine/core";
import { IconTrash } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { api, got, gotTagged, newKey, type Schema } from "@/api/client";
import { seen } from "@/parts/text";
import { failed, told } from "@/parts/undo";
import { useUrl } from "@/parts/url";
import type { Question } from "./hunt";

const SAVED = ["saved searches"];

type Search = Schema["SavedSearchView"];

/** Questions that were kept, one's own and those that others share. */
export function Saved({ question }: { question: Question }) {
  const [, setUrl] = useUrl();
  const client = useQueryClient();
  const found = useQuery({
    queryKey: SAVED,
    queryFn: () => got(api.GET("/api/v1/saved-searches", { params: { query: { limit: 200 } } })),
  });
  const [name, setName] = useState("");
  const renew = () => client.invalidateQueries({ queryKey: SAVED });
  const keeping = useMutation({
    mutationFn: (body: Schema["NewSavedSearch"]) =>
      got(
        api.POST("/api/v1/saved-searches", {
          body,
          params: { header: { "idempotency-key": newKey() } },
        }),
      ),
    onSuccess: () => {
      setName("");
      return renew();
    },
    onError: failed,
  });
  const forget = async (search: Search) => {
    try {
      const path = { number: search.id };
      const { etag } = await gotTagged(
        api.GET("/api/v1/saved-searches/{number}", { params: { path } }),
      );
      const params = { path, header: { "if-match": etag } };
      await got(api.DELETE("/api/v1/saved-searches/{number}", { params }));
      const { name: named, kind, text, table, shared } = search;
      told(`“${seen(named)}” is forgotten.`, () =>
        keeping.mutateAsync({ name: named, kind, text, table, shared }),
      );
      await renew();
    } catch (error) {
      failed(error);
    }
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const { kind, text, table } = question;
    keeping.mutate({ name: name.trim(), kind, text, table, shared: false });
  };
  return (
    <Menu closeOnItemClick={false}>
      <Menu.Target>
        <Button variant="default">Saved</Button>
      </Menu.Target>
      <Menu.Dropdown>
        {(found.data?.saved_searches ?? []).map((search) => (
          <Group key={search.id} gap={4} wrap="nowrap">
            <Menu.Item
              onClick={() =>
                setUrl({ sql: null, search: null, [search.kind]: search.text, table: search.table })
              }
            >
              {seen(search.name)}
            </Menu.Item>
            <ActionIcon
              size="xs"
              aria-label={`Forget ${seen(search.name)}`}
              onClick={() => forget(search)}
            >
              <IconTrash size={12} />
            </ActionIcon>
          </Group>
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
            <Button type="submit" disabled={!name.trim() || !question.text}>
              Keep
            </Button>
          </Group>
        </form>
      </Menu.Dropdown>
    </Menu>
  );
}
