import { Anchor, Button, Tabs, Text } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "wouter";
import { api, got, gotTagged } from "@/api/client";
import { useMay } from "@/api/me";
import { Answer } from "@/parts/Answer";
import { Facts } from "@/parts/Facts";
import { Foreign } from "@/parts/Foreign";
import { Page, Panel } from "@/parts/Page";
import { Moment } from "@/parts/times";
import { failed, told } from "@/parts/undo";
import { useUrl } from "@/parts/url";
import { type Kept, Versions } from "../Versions";
import { KEY, type Suppression } from "./queries";
import { State } from "./State";
import { SuppressionText } from "./Text";

/** One suppression by hand: what it hides, whose it is, how it was. */
export function SuppressionPage({ name }: { name: string }) {
  const [url, setUrl] = useUrl();
  const found = useQuery({
    queryKey: [...KEY, name],
    queryFn: () =>
      gotTagged(api.GET("/api/v1/suppressions/{name}", { params: { path: { name } } })),
  });
  return (
    <Page
      title="Suppression"
      note={
        <>
          <Foreign text={name} /> ·{" "}
          <Anchor component={Link} href="/rules/suppressions" size="sm">
            All suppressions by hand
          </Anchor>
        </>
      }
    >
      <Answer of={found} lines={8}>
        {({ body, etag }) => (
          <Tabs
            value={url.get("tab") ?? "text"}
            onChange={(tab) => setUrl({ tab: tab === "text" ? null : tab }, true)}
            keepMounted={false}
          >
            <Tabs.List>
              <Tabs.Tab value="text">What it hides</Tabs.Tab>
              <Tabs.Tab value="versions">Versions</Tabs.Tab>
            </Tabs.List>
            <Tabs.Panel value="text" pt="sm">
              <Standing of={body} etag={etag} key={body.version} />
            </Tabs.Panel>
            <Tabs.Panel value="versions" pt="sm">
              <Versions of={keptOf(name, etag)} />
            </Tabs.Panel>
          </Tabs>
        )}
      </Answer>
    </Page>
  );
}

function keptOf(name: string, etag: string | null): Kept {
  const path = { name };
  const restored = { path, header: { "if-match": etag } };
  return {
    name,
    key: [...KEY, name],
    versions: () => got(api.GET("/api/v1/suppressions/{name}/versions", { params: { path } })),
    diff: (older, newer) =>
      got(
        api.GET("/api/v1/suppressions/{name}/diff", {
          params: { path, query: { old: older, new: newer } },
        }),
      ),
    restore: (version, why) =>
      got(
        api.POST("/api/v1/suppressions/{name}/restore", {
          params: restored,
          body: { version, why },
        }),
      ),
  };
}

function Standing({ of, etag }: { of: Suppression; etag: string | null }) {
  const may = useMay("engineer");
  const client = useQueryClient();
  const [text, setText] = useState(of.text);
  const renew = () => client.invalidateQueries({ queryKey: KEY });
  const params = { path: { name: of.id }, header: { "if-match": etag } };
  const changing = useMutation({
    mutationFn: (said: { why: string; anyway: boolean }) =>
      got(api.PUT("/api/v1/suppressions/{name}", { params, body: { text, ...said } })),
    onSuccess: () => {
      told("It is changed; the judges take it with their next batch.");
      return renew();
    },
  });
  return (
    <Panel title={<Foreign text={of.title || of.id} />} note={<State of={of} />}>
      <Facts
        of={[
          ["Owner", <Foreign key="owner" text={of.owner} />],
          ["Reason", <Foreign key="reason" text={of.reason} />],
          ["Ends", <Moment key="ends" at={of.expires} />],
          ["Changed", <Moment key="changed" at={of.changed} />],
          ["By", <Foreign key="author" text={of.author} />],
        ]}
      />
      <SuppressionText
        text={text}
        setText={may ? setText : undefined}
        keep={{ name: "Save", run: changing.mutate, busy: changing.isPending }}
        error={changing.error}
        anew={renew}
        ways={of.state === "active" && <End of={of} etag={etag} />}
      />
      {!may && (
        <Text size="sm" className="quiet">
          The role engineer changes it.
        </Text>
      )}
    </Panel>
  );
}

/** Puts one out of force; the undo takes its text back into force. */
export function End({ of, etag }: { of: Suppression; etag: string | null }) {
  const client = useQueryClient();
  const renew = () => client.invalidateQueries({ queryKey: KEY });
  const path = { name: of.id };
  const ending = useMutation({
    mutationFn: () =>
      gotTagged(
        api.DELETE("/api/v1/suppressions/{name}", {
          params: { path, header: { "if-match": etag } },
        }),
      ),
    onSuccess: (ended) => {
      told(`${of.title || of.id} no longer silences anything.`, async () => {
        const params = { path, header: { "if-match": ended.etag } };
        const body = { version: of.version, why: "undone" };
        await got(api.POST("/api/v1/suppressions/{name}/restore", { params, body }));
        await renew();
      });
      return renew();
    },
    onError: failed,
  });
  return (
    <Button
      variant="default"
      size="compact-xs"
      aria-label={`End ${of.title || of.id}`}
      loading={ending.isPending}
      onClick={() => ending.mutate()}
    >
      End it
    </Button>
  );
}
