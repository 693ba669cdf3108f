/** Names and values in two columns; a value of a stranger can be copied, looked up and hunted for. */
import { ActionIcon, CopyButton, Group, Menu } from "@mantine/core";
import { IconDots } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { useLocation } from "wouter";
import { useMay } from "@/api/me";
import { Foreign } from "@/parts/Foreign";
import { useUrl } from "@/parts/url";
import { andAlso, fieldIs } from "@/parts/words";
import classes from "./Facts.module.css";

export function Facts({ of }: { of: [string, ReactNode][] }) {
  return (
    <dl className={classes.facts}>
      {of.map(([name, value]) => (
        <div key={name} className={classes.pair}>
          <dt className="quiet">{name}</dt>
          <dd className="wrap">{value}</dd>
        </div>
      ))}
    </dl>
  );
}

interface ValueProps {
  column: string; // as events have it
  value: string;
  mono?: boolean;
}

/** A value of an event, with the ways on from it. */
export function Value({ column, value, mono = true }: ValueProps) {
  const [path, go] = useLocation();
  const [url, setUrl] = useUrl();
  const hunting = useMay("hunt");
  const term = fieldIs(column, value);
  const asked = path === "/hunt" ? url.get("search") : null;
  return (
    <Group gap={4} wrap="nowrap" align="flex-start">
      <Foreign text={value} mono={mono} most={600} />
      <Menu>
        <Menu.Target>
          <ActionIcon size="xs" aria-label={`More on ${column}`}>
            <IconDots size={12} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <CopyButton value={value}>
            {({ copied, copy }) => (
              <Menu.Item onClick={copy} closeMenuOnClick={false}>
                {copied ? "Copied" : "Copy"}
              </Menu.Item>
            )}
          </CopyButton>
          {hunting && (
            <Menu.Item onClick={() => go(`/hunt?search=${encodeURIComponent(term)}`)}>
              Hunt for this value
            </Menu.Item>
          )}
          {asked && (
            <>
              <Menu.Item onClick={() => setUrl({ search: andAlso(asked, term) })}>
                Only rows with it
              </Menu.Item>
              <Menu.Item onClick={() => setUrl({ search: andAlso(asked, `-${term}`) })}>
                Only rows without it
              </Menu.Item>
            </>
          )}
        </Menu.Dropdown>
      </Menu>
    </Group>
  );
}
