import { Anchor } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Link, useLocation } from "wouter";
import { api, got, newKey } from "@/api/client";
import { useMay, useMe } from "@/api/me";
import { Answer, Nothing } from "@/parts/Answer";
import { Page, Panel } from "@/parts/Page";
import { told } from "@/parts/undo";
import { useUrl } from "@/parts/url";
import { KEY, skeletonOf } from "./queries";
import { SuppressionText } from "./Text";

/** Silence something by hand: with an owner, a reason and an end. */
export function NewSuppressionPage() {
  const may = useMay("engineer");
  const me = useMe();
  return (
    <Page
      title="New suppression"
      note={
        <Anchor component={Link} href="/rules/suppressions" size="sm">
          All suppressions by hand
        </Anchor>
      }
    >
      <Answer of={me}>
        {({ name }) =>
          may ? <Form owner={name} /> : <Nothing>The role engineer silences by hand.</Nothing>
        }
      </Answer>
    </Page>
  );
}

function Form({ owner }: { owner: string }) {
  const [url] = useUrl();
  const [text, setText] = useState(() => skeletonOf(url.get("rule") ?? "RULE", owner));
  const [, go] = useLocation();
  const client = useQueryClient();
  const making = useMutation({
    mutationFn: (said: { why: string; anyway: boolean }) =>
      got(
        api.POST("/api/v1/suppressions", {
          body: { text, ...said },
          params: { header: { "idempotency-key": newKey() } },
        }),
      ),
    onSuccess: async ({ id }) => {
      told("It is silenced from now on; what is hidden stays searchable.");
      await client.invalidateQueries({ queryKey: KEY });
      go(`/rules/suppressions/${encodeURIComponent(id)}`);
    },
  });
  return (
    <Panel title="What is silenced" note="matches stay searchable; alerts of the past stay">
      <SuppressionText
        text={text}
        setText={setText}
        keep={{ name: "Silence", run: making.mutate, busy: making.isPending }}
        error={making.error}
        anew={() => making.reset()}
      />
    </Panel>
  );
}
