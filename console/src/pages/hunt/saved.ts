/** Questions that are kept: read, kept under a name, shared, forgotten; each with its undo. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, got, gotTagged, newKey, type Schema } from "@/api/client";
import { useMe } from "@/api/me";
import { seen } from "@/parts/text";
import { failed, told } from "@/parts/undo";

export type Search = Schema["SavedSearchView"];
type NewSearch = Schema["NewSavedSearch"];

const SAVED = ["saved searches"];

const valuesOf = ({ name, kind, text, table, shared }: NewSearch): NewSearch => ({
  name,
  kind,
  text,
  table,
  shared,
});

const made = (body: NewSearch) =>
  got(
    api.POST("/api/v1/saved-searches", {
      body,
      params: { header: { "idempotency-key": newKey() } },
    }),
  );

async function tagOf(number: number) {
  const path = { number };
  const { etag } = await gotTagged(
    api.GET("/api/v1/saved-searches/{number}", { params: { path } }),
  );
  return { path, header: { "if-match": etag } };
}

async function changed(number: number, body: NewSearch): Promise<void> {
  const params = await tagOf(number);
  await got(api.PUT("/api/v1/saved-searches/{number}", { params, body }));
}

async function forgotten(number: number): Promise<void> {
  const params = await tagOf(number);
  await got(api.DELETE("/api/v1/saved-searches/{number}", { params }));
}

/** One's own and those that others share, and what can be done with them. */
export function useSaved() {
  const client = useQueryClient();
  const me = useMe().data?.name;
  const found = useQuery({
    queryKey: SAVED,
    queryFn: () => got(api.GET("/api/v1/saved-searches", { params: { query: { limit: 200 } } })),
  });
  const searches = found.data?.saved_searches ?? [];
  const own = (search: Search) => search.owner === me;
  const doing = useMutation({
    mutationFn: async ({ act, said, back }: Doing) => {
      await act();
      told(said, async () => {
        await back();
        await client.invalidateQueries({ queryKey: SAVED });
      });
    },
    onSuccess: () => client.invalidateQueries({ queryKey: SAVED }),
    onError: failed,
  });

  /** Keep a question; the one of this name that is one's own gets the new text. */
  const keep = (body: NewSearch) => {
    const before = searches.find((search) => own(search) && search.name === body.name);
    let number = before?.id ?? 0;
    return doing.mutateAsync({
      act: async () => {
        if (before) await changed(before.id, { ...body, shared: before.shared });
        else number = (await made(body)).id;
      },
      said: `“${seen(body.name)}” is ${before ? "changed" : "kept"}.`,
      back: () => (before ? changed(before.id, valuesOf(before)) : forgotten(number)),
    });
  };
  const share = (search: Search, shared: boolean) =>
    doing.mutate({
      act: () => changed(search.id, { ...valuesOf(search), shared }),
      said: `“${seen(search.name)}” is ${shared ? "seen by all who may hunt" : "seen by you alone"}.`,
      back: () => changed(search.id, valuesOf(search)),
    });
  const forget = (search: Search) =>
    doing.mutate({
      act: () => forgotten(search.id),
      said: `“${seen(search.name)}” is forgotten.`,
      back: () => made(valuesOf(search)),
    });
  return { searches, own, keep, share, forget, busy: doing.isPending };
}

interface Doing {
  act: () => Promise<unknown>;
  said: string;
  back: () => Promise<unknown>;
}
