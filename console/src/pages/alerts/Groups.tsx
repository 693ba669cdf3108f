import { Badge, Box, Button, Group } from "@mantine/core";
import { Answer } from "@/parts/Answer";
import { whole } from "@/parts/numbers";
import { SeverityMark } from "@/parts/severity";
import { cut, seen } from "@/parts/text";
import { useUrl } from "@/parts/url";
import { type GroupBy, useGroups } from "./alerts";
import type { Filter } from "./filter";

/** How many alerts each value has; a click filters by it. */
export function Groups({ filter }: { filter: Filter }) {
  const [url, setUrl] = useUrl();
  const by = url.get("group") as GroupBy | null;
  const found = useGroups(filter, by);
  if (by === null) return null;
  return (
    <Box mah={120} style={{ overflow: "auto" }}>
      <Answer of={found} lines={1} isEmpty={(data) => data.groups.length === 0}>
        {(data) => (
          <Group gap={6}>
            {data.groups.map((group) => (
              <Button
                key={group.value}
                variant="default"
                px={8}
                leftSection={<SeverityMark severity={group.severity} />}
                rightSection={<Badge color="gray">{whole(group.alerts)}</Badge>}
                onClick={() => setUrl({ [by]: group.value, group: null })}
              >
                {cut(seen(group.value || "nobody"), 60)}
              </Button>
            ))}
            {data.left_out > 0 && <span className="quiet">and {whole(data.left_out)} more</span>}
          </Group>
        )}
      </Answer>
    </Box>
  );
}
