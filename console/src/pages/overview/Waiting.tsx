/** What waits for a person: alerts by severity, and the workloads with the riskiest of them. */
import { Anchor, Table } from "@mantine/core";
import { Link } from "wouter";
import { Nothing } from "@/parts/Answer";
import { Foreign } from "@/parts/Foreign";
import { whole } from "@/parts/numbers";
import { SEVERITIES, Severity, severityColour } from "@/parts/severity";
import type { Overview } from "./overview";

const WAITS = "status=open&status=acknowledged";

export function BySeverity({ open }: { open: Overview["open_by_severity"] }) {
  const most = Math.max(1, ...Object.values(open));
  const all = Object.values(open).reduce((sum, count) => sum + count, 0);
  return (
    <Table aria-label="Alerts that wait, by severity" layout="fixed">
      <colgroup>
        <col style={{ width: 130 }} />
        <col style={{ width: 64 }} />
        <col />
      </colgroup>
      <Table.Thead className="hidden-visually">
        <Table.Tr>
          <Table.Th>Severity</Table.Th>
          <Table.Th>Alerts</Table.Th>
          <Table.Th>Bar</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {SEVERITIES.map((name) => (
          <Table.Tr key={name}>
            <Table.Td>
              <Severity severity={name} />
            </Table.Td>
            <Table.Td ta="right" className="number">
              <Anchor
                component={Link}
                size="sm"
                href={`/alerts?${WAITS}&severity=${name}`}
                aria-label={`${whole(open[name] ?? 0)} ${name}`}
              >
                {whole(open[name] ?? 0)}
              </Anchor>
            </Table.Td>
            <Table.Td>
              <svg width="100%" height="8" aria-hidden="true">
                <rect
                  width={`${(100 * (open[name] ?? 0)) / most}%`}
                  height="8"
                  rx="2"
                  fill={severityColour(name)}
                />
              </svg>
            </Table.Td>
          </Table.Tr>
        ))}
        <Table.Tr>
          <Table.Td className="quiet">in all</Table.Td>
          <Table.Td ta="right" className="number">
            <Anchor
              component={Link}
              size="sm"
              href={`/alerts?${WAITS}`}
              aria-label={`${whole(all)} alerts wait`}
            >
              {whole(all)}
            </Anchor>
          </Table.Td>
          <Table.Td className="quiet">of any time</Table.Td>
        </Table.Tr>
      </Table.Tbody>
    </Table>
  );
}

const SHOWN = 8;

export function Riskiest({ overview }: { overview: Overview }) {
  if (!overview.riskiest.length) return <Nothing>No alert waits on any workload.</Nothing>;
  return (
    <>
      <Table aria-label="Riskiest workloads" layout="fixed">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Workload</Table.Th>
            <Table.Th w={70} ta="right">
              Risk
            </Table.Th>
            <Table.Th w={90} ta="right">
              Waiting
            </Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {overview.riskiest.slice(0, SHOWN).map((each) => (
            <Table.Tr key={each.workload}>
              <Table.Td>
                <Anchor
                  component={Link}
                  size="sm"
                  href={`/workloads/${encodeURIComponent(each.workload)}`}
                >
                  <Foreign text={each.workload} most={80} />
                </Anchor>
              </Table.Td>
              <Table.Td ta="right" className="number">
                {Math.round(each.risk)}
              </Table.Td>
              <Table.Td ta="right" className="number">
                <Anchor
                  component={Link}
                  size="sm"
                  href={`/alerts?${WAITS}&workload=${encodeURIComponent(each.workload)}`}
                  aria-label={`${whole(each.alerts)} alerts`}
                >
                  {whole(each.alerts)}
                </Anchor>
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
      {!overview.riskiest_of_all && (
        <span className="quiet">Of the riskiest 5,000 alerts that wait; there are more.</span>
      )}
    </>
  );
}
