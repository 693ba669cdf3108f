/** Suppressions by hand: filters with an owner, a reason and an end. */
import { Anchor, Button, Switch, Table, Text } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "wouter";
import { api, got } from "@/api/client";
import { useMay } from "@/api/me";
import { Answer, Nothing } from "@/parts/Answer";
import { Foreign } from "@/parts/Foreign";
import { Page, Panel } from "@/parts/Page";
import { seen } from "@/parts/text";
import { Moment } from "@/parts/times";
import { useUrl } from "@/parts/url";
import { KEY, type Suppression } from "./queries";
import { State } from "./State";
import { End } from "./SuppressionPage";

export function SuppressionsPage() {
  const [url, setUrl] = useUrl();
  const retired = url.get("retired") === "yes";
  const may = useMay("engineer");
  const found = useInfiniteQuery({
    queryKey: [...KEY, "list", retired],
    initialPageParam: null as string | null,
    queryFn: ({ pageParam }) => {
      const query = { retired, limit: 200, cursor: pageParam };
      return got(api.GET("/api/v1/suppressions", { params: { query } }));
    },
    getNextPageParam: (page) => page.next,
  });
  return (
    <Page
      title="Suppressions by hand"
      note={
        <Anchor component={Link} href="/rules" size="sm">
          All rules
        </Anchor>
      }
      actions={
        <>
          <Switch
            label="ended ones, too"
            checked={retired}
            onChange={(event) => setUrl({ retired: event.currentTarget.checked ? "yes" : null })}
          />
          {may && (
            <Button component={Link} href="/rules/suppressions/new">
              New suppression
            </Button>
          )}
        </>
      }
    >
      <Panel flush>
        <Answer of={found}>
          {({ pages }) => {
            const all = pages.flatMap((page) => page.suppressions);
            return all.length ? (
              <List suppressions={all} />
            ) : (
              <Nothing>Nothing is silenced by hand.</Nothing>
            );
          }}
        </Answer>
      </Panel>
      {found.hasNextPage && (
        <Button
          variant="default"
          loading={found.isFetchingNextPage}
          onClick={() => found.fetchNextPage()}
        >
          More
        </Button>
      )}
    </Page>
  );
}

function List({ suppressions }: { suppressions: Suppression[] }) {
  const may = useMay("engineer");
  return (
    <Table aria-label="Suppressions by hand">
      <Table.Thead>
        <Table.Tr>
          <Table.Th>Name</Table.Th>
          <Table.Th>Rules</Table.Th>
          <Table.Th>Owner</Table.Th>
          <Table.Th>Reason</Table.Th>
          <Table.Th>Ends</Table.Th>
          <Table.Th>State</Table.Th>
          <Table.Th w={90}>
            <span className="hidden-visually">what can be done</span>
          </Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {suppressions.map((each) => (
          <Table.Tr key={each.id}>
            <Table.Td>
              <Anchor
                component={Link}
                size="sm"
                href={`/rules/suppressions/${encodeURIComponent(each.id)}`}
              >
                {seen(each.title || each.id)}
              </Anchor>
            </Table.Td>
            <Table.Td>{each.rules.map(seen).join(", ") || "any"}</Table.Td>
            <Table.Td>
              <Foreign text={each.owner} oneLine />
            </Table.Td>
            <Table.Td>
              <Foreign text={each.reason} most={200} />
            </Table.Td>
            <Table.Td>
              <Ends at={each.expires} />
            </Table.Td>
            <Table.Td>
              <State of={each} />
            </Table.Td>
            <Table.Td>
              {may && each.state === "active" && <End of={each} etag={`"${each.version}"`} />}
            </Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}

const SOON = 14 * 86_400_000; // ms

function Ends({ at }: { at: string | null }) {
  const left = at ? Date.parse(at) - Date.now() : Number.POSITIVE_INFINITY;
  return (
    <>
      <Moment at={at} />
      {left > 0 && left < SOON && (
        <Text size="xs" c="var(--odd)">
          soon
        </Text>
      )}
    </>
  );
}
