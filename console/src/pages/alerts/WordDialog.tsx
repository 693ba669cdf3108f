/** Dismiss or escalate: the reason, words of one's own, and what a dismissal would move. */
import { Button, Group, Radio, Stack, Text, Textarea } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { api, got } from "@/api/client";
import { Failed } from "@/parts/Answer";
import { Dialog } from "@/parts/Dialog";
import { Foreign } from "@/parts/Foreign";
import { Receipt } from "@/parts/Receipt";
import type { Bulk } from "./alerts";
import { REASONS, TEACHES_NOTHING, type Verdict } from "./reasons";

interface Props {
  verdict: Verdict;
  about: Pick<Bulk, "uids" | "filter" | "limit">;
  count: number;
  title?: string; // of the one that it is about
  say: (reason: string, text: string) => void;
  close: () => void;
}

const TITLES = { dismissed: "Dismiss", escalated: "Escalate" };

export function WordDialog({ verdict, about, count, title, say, close }: Props) {
  const [reason, setReason] = useState<string>(REASONS[verdict][0]);
  const [text, setText] = useState("");
  const only = about.uids?.length === 1 ? about.uids[0] : undefined;
  const many = count === 1 ? "this alert" : `${count.toLocaleString("en")} alerts`;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    say(reason, text);
    close();
  };
  return (
    <Dialog onClose={close} title={`${TITLES[verdict]} ${many}`} size="lg">
      <form onSubmit={submit}>
        <Stack gap="sm">
          {title && <Foreign text={title} most={300} />}
          <Radio.Group label="Why" value={reason} onChange={setReason}>
            <Stack gap={6} mt={6}>
              {REASONS[verdict].map((each, index) => (
                <Radio
                  key={each}
                  value={each}
                  label={each}
                  data-autofocus={index === 0 || undefined}
                />
              ))}
            </Stack>
          </Radio.Group>
          {verdict === "dismissed" && (
            <Text size="xs" className="quiet">
              {TEACHES_NOTHING.includes(reason)
                ? "This reason teaches the model nothing: the next one alerts again."
                : "The model may learn from it that this is expected here."}
            </Text>
          )}
          <Textarea
            label={reason === "other" ? "Why (needed)" : "In your words"}
            required={reason === "other"}
            autosize
            minRows={2}
            value={text}
            onChange={(event) => setText(event.currentTarget.value)}
          />
          {only && verdict === "dismissed" && <Preview uid={only} reason={reason} text={text} />}
          <Group justify="flex-end">
            <Button variant="default" onClick={close}>
              Cancel
            </Button>
            <Button type="submit" color={verdict === "escalated" ? "red" : undefined}>
              {TITLES[verdict]}
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  );
}

function Preview({ uid, reason, text }: { uid: string; reason: string; text: string }) {
  const trying = useMutation({
    mutationFn: () =>
      got(
        api.POST("/api/v1/alerts/{uid}/dispositions", {
          params: { path: { uid } },
          body: { verdict: "dismissed", reason, text, dry_run: true },
        }),
      ),
  });
  return (
    <Stack gap="xs">
      <Group>
        <Button variant="default" loading={trying.isPending} onClick={() => trying.mutate()}>
          What would this move?
        </Button>
      </Group>
      {trying.error && <Failed error={trying.error} />}
      {trying.data?.problem && <Text size="sm">{trying.data.problem}</Text>}
      {trying.data?.receipt && <Receipt receipt={trying.data.receipt} />}
    </Stack>
  );
}
