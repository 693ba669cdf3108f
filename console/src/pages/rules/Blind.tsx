/** Rules that cannot match what comes in, by what they would need. */
import { Anchor, Table } from "@mantine/core";
import { Link } from "wouter";
import { Answer, Nothing } from "@/parts/Answer";
import { whole } from "@/parts/numbers";
import { Panel } from "@/parts/Page";
import { seen } from "@/parts/text";
import { useUrl } from "@/parts/url";
import { HoursChoice, hoursOf } from "./Needs";
import { useReach } from "./queries";
import { byReason } from "./worth";

const MOST = 12; // rules named before their number says the rest

export function Blind() {
  const [url] = useUrl();
  const found = useReach(hoursOf(url.get("hours")));
  return (
    <Panel
      title="Rules that wait for telemetry"
      note="they are on, but nothing comes in that they could match"
      actions={<HoursChoice />}
    >
      <Answer of={found} lines={4}>
        {(reach) => {
          const groups = byReason(reach.rules);
          if (!groups.length) return <Nothing>Every rule can match what comes in.</Nothing>;
          return (
            <Table aria-label="Rules that wait for telemetry">
              <Table.Thead>
                <Table.Tr>
                  <Table.Th w="40%">What is missing</Table.Th>
                  <Table.Th ta="right" w={80}>
                    Rules
                  </Table.Th>
                  <Table.Th>Which</Table.Th>
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {groups.map(([reason, rules]) => (
                  <Table.Tr key={reason}>
                    <Table.Td>{seen(reason)}</Table.Td>
                    <Table.Td ta="right" className="number">
                      {whole(rules.length)}
                    </Table.Td>
                    <Table.Td>
                      {rules.slice(0, MOST).map((rule, index) => (
                        <span key={rule}>
                          {index > 0 && ", "}
                          <Anchor
                            component={Link}
                            size="sm"
                            href={`/rules/${encodeURIComponent(rule)}?tab=needs`}
                          >
                            {rule}
                          </Anchor>
                        </span>
                      ))}
                      {rules.length > MOST && ` and ${rules.length - MOST} more`}
                    </Table.Td>
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
          );
        }}
      </Answer>
    </Panel>
  );
}
