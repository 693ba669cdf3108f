/** Disabled rules with what each would do, and the way to turn one on. */
import { Anchor, Checkbox, Group, Table, Text } from "@mantine/core";
import { Link } from "wouter";
import { Foreign } from "@/parts/Foreign";
import { whole } from "@/parts/numbers";
import { Severity } from "@/parts/severity";
import { seen } from "@/parts/text";
import { TurnOn } from "./TurnOn";
import { type Candidate, volumeText } from "./worth";

interface Props {
  of: Candidate[];
  left: ReadonlySet<string>;
  toggle: (id: string) => void;
  may: boolean;
}

export function Candidates({ of, left, toggle, may }: Props) {
  return (
    <Table.ScrollContainer minWidth={900}>
      <Table aria-label="Disabled rules">
        <Table.Thead>
          <Table.Tr>
            {may && (
              <Table.Th w={40}>
                <span className="hidden-visually">chosen</span>
              </Table.Th>
            )}
            <Table.Th miw={260}>Rule</Table.Th>
            <Table.Th w={110}>Level</Table.Th>
            <Table.Th w={190}>Can it match here?</Table.Th>
            <Table.Th w={130}>Techniques it alone names</Table.Th>
            <Table.Th w={80} ta="right">
              Matches
            </Table.Th>
            <Table.Th w={100} ta="right">
              Suppressed
            </Table.Th>
            <Table.Th w={150}>Alerts</Table.Th>
            <Table.Th w={90}>
              <span className="hidden-visually">what can be done</span>
            </Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {of.map((each) => (
            <Line key={each.id} of={each} chosen={!left.has(each.id)} toggle={toggle} may={may} />
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}

interface LineProps {
  of: Candidate;
  chosen: boolean;
  toggle: (id: string) => void;
  may: boolean;
}

function Line({ of, chosen, toggle, may }: LineProps) {
  const { id, volumes } = of;
  return (
    <Table.Tr>
      {may && (
        <Table.Td>
          <Checkbox aria-label={`Ask about ${id}`} checked={chosen} onChange={() => toggle(id)} />
        </Table.Td>
      )}
      <Table.Td>
        <Group gap={6}>
          <Anchor component={Link} size="sm" href={`/rules/${encodeURIComponent(id)}`}>
            {id}
          </Anchor>
          <Text size="xs" className="quiet" component="span">
            <Foreign text={of.title} /> · decided by {of.decidedBy}
          </Text>
        </Group>
      </Table.Td>
      <Table.Td>
        <Severity severity={of.level} />
      </Table.Td>
      <Table.Td>{canText(of)}</Table.Td>
      <Table.Td>{of.only.join(", ") || <span className="quiet">none</span>}</Table.Td>
      <Table.Td ta="right" className="number">
        {volumes ? whole(volumes.matches) : "–"}
      </Table.Td>
      <Table.Td ta="right" className="number">
        {volumes ? whole(volumes.suppressed) : "–"}
      </Table.Td>
      <Table.Td>
        {volumes ? volumeText(volumes) : <span className="quiet">unknown: not asked yet</span>}
      </Table.Td>
      <Table.Td>{may && <TurnOn rule={id} />}</Table.Td>
    </Table.Tr>
  );
}

function canText({ can, reason }: Candidate): string {
  if (can === null) return "not known yet";
  return can ? "yes, such events come in" : `no: ${seen(reason)}`;
}
