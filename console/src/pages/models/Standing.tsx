/** How far a model is trusted now, and the way further or back, with a reason. */
import { Button, Group, Select, SimpleGrid, Stack, Text, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, got, type Schema } from "@/api/client";
import { useMay } from "@/api/me";
import { Refused } from "@/parts/Changed";
import { Dialog } from "@/parts/Dialog";
import { percent, whole } from "@/parts/numbers";
import { Figure } from "@/parts/Page";
import { seen } from "@/parts/text";
import { Moment } from "@/parts/times";
import { told } from "@/parts/undo";
import { StageBadge } from "./Stage";

type Model = Schema["ModelView"];
type Way = "promote" | "demote";

const STAGES = ["observe", "assist", "suppress"] as const;
type StageName = (typeof STAGES)[number];

export function Standing({ model, etag }: { model: Model; etag: string | null }) {
  const may = useMay("engineer");
  const [way, setWay] = useState<Way | null>(null);
  const { budget } = model;
  return (
    <>
      <SimpleGrid cols={{ base: 2, sm: 3, lg: 5 }} spacing="xs">
        <Figure name="Stage" value={<StageBadge stage={model.stage} />} />
        <Figure name="Version" value={model.version} note={model.hash.slice(0, 12)} />
        <Figure
          name="Threshold in force"
          value={percent(budget.in_force)}
          note={`calibrated by ${whole(budget.calibrated_by)} matches`}
        />
        <Figure
          name="Tokens that it knows"
          value={whole(model.tokens)}
          note={model.context_model ? "with a context member" : "without a context member"}
        />
        <Figure name="History accepted until" value={<Moment at={model.accepted_until} short />} />
      </SimpleGrid>
      <Text size="sm">{seen(model.why)}</Text>
      {may && (
        <Group gap="xs">
          {model.stage !== "suppress" && (
            <Button variant="default" onClick={() => setWay("promote")}>
              Trust it further
            </Button>
          )}
          {model.stage !== "observe" && (
            <Button variant="default" onClick={() => setWay("demote")}>
              Let it only observe
            </Button>
          )}
        </Group>
      )}
      {way && <Move model={model} etag={etag} way={way} close={() => setWay(null)} />}
    </>
  );
}

interface MoveProps {
  model: Model;
  etag: string | null;
  way: Way;
  close: () => void;
}

function Move({ model, etag, way, close }: MoveProps) {
  const further = STAGES.slice(STAGES.indexOf(model.stage as StageName) + 1);
  const [reason, setReason] = useState("");
  const [to, setTo] = useState<StageName>(further[0] ?? "suppress");
  const client = useQueryClient();
  const renew = () => client.invalidateQueries({ queryKey: ["models"] });
  const params = { path: { rule: model.rule }, header: { "if-match": etag } };
  const moving = useMutation({
    mutationFn: () =>
      way === "promote"
        ? got(api.POST("/api/v1/models/{rule}/promote", { params, body: { reason, to } }))
        : got(api.POST("/api/v1/models/{rule}/demote", { params, body: { reason } })),
    onSuccess: (placed) => {
      close();
      told(`${model.rule}: its stage is “${placed.stage}” now.`);
      return renew();
    },
  });
  const failing = model.gates.filter((gate) => !gate.passed);
  return (
    <Dialog onClose={close} title={way === "promote" ? "Trust it further" : "Let it only observe"}>
      <Stack>
        {way === "promote" && (
          <>
            <Select
              label="Stage"
              data={further.slice()}
              value={to}
              allowDeselect={false}
              onChange={(value) => setTo((value ?? to) as StageName)}
            />
            {failing.length > 0 && (
              <Text size="sm" c="var(--odd)">
                It does not pass {failing.map((gate) => gate.name).join(", ")}: only two persons may
                promote it, on the server's command line (foreseen models promote --second NAME).
              </Text>
            )}
          </>
        )}
        {way === "demote" && (
          <Text size="sm">
            Each of its matches alerts from then on, and those of later models of the rule, until a
            person promotes it.
          </Text>
        )}
        <TextInput
          label="Why"
          description="stands in its history"
          required
          value={reason}
          onChange={(event) => setReason(event.currentTarget.value)}
        />
        <Refused error={moving.error} anew={renew} />
        <Group justify="flex-end">
          <Button variant="default" onClick={close}>
            Cancel
          </Button>
          <Button
            disabled={!reason.trim()}
            loading={moving.isPending}
            onClick={() => moving.mutate()}
          >
            {way === "promote" ? `Let it ${to}` : "Let it only observe"}
          </Button>
        </Group>
      </Stack>
    </Dialog>
  );
}
