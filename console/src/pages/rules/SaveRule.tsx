/** Keeps a local rule's text, with a reason and a way back. */
import { Button, Group, TextInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { useLocation } from "wouter";
import type { Schema } from "@/api/client";
import { Refused } from "@/parts/Changed";
import { told } from "@/parts/undo";
import { movesText, type WhatIf } from "@/parts/whatif";
import { deleteRule, putRule, putRuleBack, useRenewed } from "./keeping";

interface Props {
  rule: Schema["RuleDetail"];
  etag: string | null;
  text: string;
  ready: boolean;
  moved: WhatIf | undefined;
  giveUp: () => void; // what was typed
}

export function SaveRule({ rule, etag, text, ready, moved, giveUp }: Props) {
  const [why, setWhy] = useState("");
  const { saving, removing, renew } = useChanges(rule, etag);
  const keep = () => saving.mutate({ text, why, moved }, { onSuccess: () => setWhy("") });
  const anew = () => {
    giveUp();
    return renew();
  };
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
        <Button disabled={!ready || !why.trim()} loading={saving.isPending} onClick={keep}>
          {ready && !moved ? "Save without asking" : "Save"}
        </Button>
        <Button
          variant="default"
          disabled={!why.trim()}
          loading={removing.isPending}
          onClick={() => removing.mutate(why)}
        >
          Take the rule away
        </Button>
      </Group>
      <Refused error={saving.error ?? removing.error} anew={anew} />
    </>
  );
}

interface Wanted {
  text: string;
  why: string;
  moved: WhatIf | undefined;
}

function useChanges(rule: Schema["RuleDetail"], etag: string | null) {
  const [, go] = useLocation();
  const renew = useRenewed(rule.id);
  const back = (seen: string | null) => async () => {
    await putRuleBack(rule.id, rule.text, seen);
    await renew();
  };
  const saving = useMutation({
    mutationFn: ({ text, why }: Wanted) => putRule(rule.id, { text, why }, etag),
    onSuccess: (now, { moved }) => {
      const moves = moved ? ` In the past that moves: ${movesText(moved)}.` : "";
      told(`${rule.id} is saved and labels so from now on.${moves}`, back(now));
      return renew();
    },
  });
  const removing = useMutation({
    mutationFn: (why: string) => deleteRule(rule.id, why, etag),
    onSuccess: () => {
      go("/rules");
      told(`${rule.id} is taken away; it labels nothing more.`, back(null));
      return renew(true);
    },
  });
  return { saving, removing, renew };
}
