/** The users on whom most rules alerted. */
import { Anchor, Table } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "wouter";
import { api, got } from "@/api/client";
import { Answer } from "@/parts/Answer";
import { Foreign } from "@/parts/Foreign";
import { whole } from "@/parts/numbers";

const SHOWN = 8;
const EVER = "1970-01-01T00:00:00Z";

export function UsersAtRisk({ from }: { from: string | null }) {
  const found = useQuery({
    queryKey: ["figures", "people", from],
    placeholderData: (before) => before,
    queryFn: () =>
      got(
        api.GET("/api/v1/figures/people", {
          params: { query: { from: from ?? EVER, limit: SHOWN } },
        }),
      ),
  });
  return (
    <Answer of={found} isEmpty={(data) => !data.people.length} empty="No rule alerted on anybody.">
      {(data) => (
        <Table aria-label="Riskiest users" layout="fixed">
          <Table.Thead>
            <Table.Tr>
              <Table.Th>User</Table.Th>
              <Table.Th w={60} ta="right">
                Rules
              </Table.Th>
              <Table.Th w={84} ta="right">
                Matches
              </Table.Th>
              <Table.Th w={100} ta="right">
                Surprise
              </Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {data.people.map((each) => (
              <Table.Tr key={each.name}>
                <Table.Td>
                  <Anchor
                    component={Link}
                    size="sm"
                    href={`/users/${encodeURIComponent(each.name)}`}
                  >
                    <Foreign text={each.name} most={80} />
                  </Anchor>
                </Table.Td>
                <Table.Td ta="right" className="number">
                  {each.rules}
                </Table.Td>
                <Table.Td ta="right" className="number">
                  {whole(each.matches)}
                </Table.Td>
                <Table.Td ta="right" className="number">
                  {whole(Math.round(each.surprise))} bit
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      )}
    </Answer>
  );
}
