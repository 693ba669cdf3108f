/** What is heard, and what is lost: received lines, those that nobody could read, machines that are silent. */
import { Anchor, Stack, Table, Text } from "@mantine/core";
import { Link } from "wouter";
import { Facts } from "@/parts/Facts";
import { Foreign } from "@/parts/Foreign";
import { bytesText, counted, percent, whole } from "@/parts/numbers";
import { Moment } from "@/parts/times";
import type { Overview } from "./overview";

type Told = Overview["telemetry"];
const LOSSES = 5;

export function Telemetry({ telemetry }: { telemetry: Told }) {
  const { received, quarantined, hosts, silent_hosts: silent } = telemetry;
  return (
    <Stack gap="xs">
      <Facts
        of={[
          ["machines", silentText(hosts, silent)],
          ["workloads", whole(telemetry.workloads)],
          [
            "sources",
            <Anchor key="sources" component={Link} size="sm" href="/integrations">
              {whole(telemetry.sources)}
            </Anchor>,
          ],
          ["last event's hour", <Moment key="last" at={telemetry.last_hour} />],
          ["received", `${counted(received)} lines, ${bytesText(telemetry.bytes)}`],
          [
            "quarantined",
            quarantined ? (
              <span key="lost" style={{ color: "var(--odd)" }}>
                {whole(quarantined)} lines{received ? ` (${percent(quarantined / received)})` : ""}:
                kept, not read
              </span>
            ) : (
              "none: every line could be read"
            ),
          ],
        ]}
      />
      <Losses telemetry={telemetry} />
    </Stack>
  );
}

function silentText(hosts: number, silent: number) {
  if (!silent) return `${whole(hosts)}, all heard of in the last hour`;
  return (
    <span style={{ color: "var(--odd)" }}>
      {whole(silent)} of {whole(hosts)} silent for an hour or longer
    </span>
  );
}

function Losses({ telemetry }: { telemetry: Told }) {
  const { reasons, refused } = telemetry;
  if (!reasons.length && !refused.length) return null;
  return (
    <Table aria-label="What was lost">
      <Table.Thead>
        <Table.Tr>
          <Table.Th>Why not stored</Table.Th>
          <Table.Th ta="right">Lines</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {reasons.slice(0, LOSSES).map((each) => (
          <Table.Tr key={each.reason}>
            <Table.Td>
              quarantined: <Foreign text={each.reason} most={120} />
            </Table.Td>
            <Table.Td ta="right" className="number">
              {whole(each.lines)}
            </Table.Td>
          </Table.Tr>
        ))}
        {refused.map((each) => (
          <Table.Tr key={each.outcome}>
            <Table.Td>
              refused at the door: {each.outcome}
              <Text size="xs" className="quiet">
                {whole(each.requests)} requests since the beginning
              </Text>
            </Table.Td>
            <Table.Td ta="right" className="number">
              {each.lines ? whole(each.lines) : "not known"}
            </Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}
