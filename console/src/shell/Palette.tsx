/** The command palette (Ctrl-K): pages, and what the words that were typed may name. */
import "@mantine/spotlight/styles.css";
import { Spotlight, type SpotlightActionData, spotlight } from "@mantine/spotlight";
import { IconSearch, IconServer, IconUser } from "@tabler/icons-react";
import { useEffect, useState } from "react";
import { useLocation } from "wouter";
import { useMe } from "@/api/me";
import { PAGES } from "@/shell/pages";

/** Opens whenever `asked` grows; loaded when somebody asks for the first time. */
export default function Palette({ asked }: { asked: number }) {
  useEffect(() => {
    if (asked) spotlight.open();
  }, [asked]);
  const [query, setQuery] = useState("");
  const [, go] = useLocation();
  const scopes = useMe().data?.scopes ?? [];
  const pages: SpotlightActionData[] = PAGES.filter((page) => scopes.includes(page.scope)).map(
    (page) => ({
      id: page.path,
      label: page.label,
      description: `g ${page.key}`,
      leftSection: <page.icon size={18} />,
      onClick: () => go(page.path),
    }),
  );
  const typed = query.trim();
  return (
    <Spotlight
      actions={[...pages, ...(typed ? searches(typed, go, scopes.includes("hunt")) : [])]}
      query={query}
      onQueryChange={setQuery}
      shortcut={null}
      scrollable
      maxHeight={420}
      nothingFound="Nothing of that name"
      searchProps={{ placeholder: "A page, or words to look for", "aria-label": "Go to" }}
    />
  );
}

function searches(
  typed: string,
  go: (path: string) => void,
  hunting: boolean,
): SpotlightActionData[] {
  const word = encodeURIComponent(typed);
  return [
    {
      id: "alerts",
      label: `Alerts with “${typed}” in their title`,
      keywords: typed,
      leftSection: <IconSearch size={18} />,
      onClick: () => go(`/alerts?q=${word}`),
    },
    {
      id: "workload",
      label: `Workload “${typed}”`,
      keywords: typed,
      leftSection: <IconServer size={18} />,
      onClick: () => go(`/workloads/${word}`),
    },
    {
      id: "user",
      label: `User “${typed}”`,
      keywords: typed,
      leftSection: <IconUser size={18} />,
      onClick: () => go(`/users/${word}`),
    },
    ...(hunting
      ? [
          {
            id: "hunt",
            label: `Hunt for “${typed}”`,
            keywords: typed,
            leftSection: <IconSearch size={18} />,
            onClick: () => go(`/hunt?search=${word}`),
          },
        ]
      : []),
  ];
}
