/** What surrounds every page: navigation, palette, colours, zone, and who is logged in. */
import {
  ActionIcon,
  AppShell,
  Box,
  Burger,
  Button,
  Group,
  Kbd,
  Menu,
  NavLink,
  Text,
  useMantineColorScheme,
} from "@mantine/core";
import { useDisclosure, useHotkeys } from "@mantine/hooks";
import { IconMoon, IconSearch, IconSun, IconUser } from "@tabler/icons-react";
import { useQueryClient } from "@tanstack/react-query";
import { lazy, type ReactNode, Suspense, useCallback, useEffect, useRef, useState } from "react";
import { Link, useLocation } from "wouter";
import { api, got } from "@/api/client";
import { useMe } from "@/api/me";
import { useZone } from "@/parts/times";
import { undoLast } from "@/parts/undo";
import { useKeys } from "@/shell/keys";
import { PAGES } from "@/shell/pages";

const HEIGHT = 44; // px; parts/Page.tsx fills what is left

const Palette = lazy(() => import("@/shell/Palette"));
const KeysHelp = lazy(() => import("@/shell/KeysHelp"));

export function Shell({ children }: { children: ReactNode }) {
  const [opened, { toggle, close }] = useDisclosure();
  const [, go] = useLocation();
  const [asked, setAsked] = useState(0);
  const main = useFreshPage();
  const [help, { open: showKeys, close: hideKeys }] = useDisclosure();
  const ask = useCallback(() => setAsked((times) => times + 1), []);
  useHotkeys([["mod+K", ask]], []);
  useKeys("Everywhere", [
    { keys: "?", does: "show these keys", run: showKeys },
    { keys: "z", does: "undo what was done last", run: undoLast },
    ...PAGES.map((page) => ({
      keys: `g ${page.key}`,
      does: `go to ${page.label}`,
      run: () => go(page.path),
    })),
  ]);
  return (
    <AppShell
      header={{ height: HEIGHT }}
      navbar={{ width: 168, breakpoint: "sm", collapsed: { mobile: !opened } }}
      padding={0}
    >
      <AppShell.Header bg="var(--surface)">
        <Group h="100%" px="sm" justify="space-between" wrap="nowrap">
          <Group gap="xs" wrap="nowrap">
            <Burger opened={opened} onClick={toggle} hiddenFrom="sm" size="sm" aria-label="Pages" />
            <img src="/icon.svg" width="22" height="22" alt="" />
            <Text fw={600}>Foreseen</Text>
          </Group>
          <Group gap="xs" wrap="nowrap">
            <Button
              variant="default"
              leftSection={<IconSearch size={14} />}
              rightSection={<Kbd size="xs">Ctrl K</Kbd>}
              onClick={ask}
            >
              Go to…
            </Button>
            <ZoneSwitch />
            <SchemeSwitch />
            <Person showKeys={showKeys} />
          </Group>
        </Group>
      </AppShell.Header>
      <AppShell.Navbar bg="var(--surface)" py="xs" aria-label="Pages">
        <Rail onGo={close} />
      </AppShell.Navbar>
      <AppShell.Main ref={main} tabIndex={-1} style={{ outline: "none" }}>
        {children}
      </AppShell.Main>
      {asked > 0 && (
        <Suspense>
          <Palette asked={asked} />
        </Suspense>
      )}
      {help && (
        <Suspense>
          <KeysHelp close={hideKeys} />
        </Suspense>
      )}
    </AppShell>
  );
}

/** Another page begins at its top, and whoever goes by Tab or hears the page begins there, too. */
function useFreshPage() {
  const main = useRef<HTMLElement>(null);
  const [path] = useLocation();
  const before = useRef(path);
  useEffect(() => {
    if (before.current === path) return;
    before.current = path;
    window.scrollTo(0, 0);
    main.current?.focus({ preventScroll: true });
  }, [path]);
  return main;
}

function Rail({ onGo }: { onGo: () => void }) {
  const [location] = useLocation();
  const scopes = useMe().data?.scopes ?? [];
  return PAGES.filter((page) => scopes.includes(page.scope)).map((page) => {
    const here = page.path === "/" ? location === "/" : location.startsWith(page.path);
    return (
      <NavLink
        key={page.path}
        component={Link}
        href={page.path}
        label={page.label}
        leftSection={<page.icon size={17} />}
        active={here}
        aria-current={here ? "page" : undefined}
        onClick={onGo}
        py={6}
      />
    );
  });
}

function ZoneSwitch() {
  const [zone, setZone] = useZone();
  const other = zone === "UTC" ? "local" : "UTC";
  return (
    <Button
      variant="subtle"
      color="gray"
      onClick={() => setZone(other)}
      title={`Show ${other} time`}
    >
      {zone}
    </Button>
  );
}

function SchemeSwitch() {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const dark = colorScheme !== "light";
  return (
    <ActionIcon
      onClick={() => setColorScheme(dark ? "light" : "dark")}
      aria-label={dark ? "Light colours" : "Dark colours"}
    >
      {dark ? <IconSun size={17} /> : <IconMoon size={17} />}
    </ActionIcon>
  );
}

function Person({ showKeys }: { showKeys: () => void }) {
  const me = useMe().data;
  const client = useQueryClient();
  const leave = async () => {
    await got(api.POST("/api/v1/auth/logout"));
    client.clear();
    window.location.assign("/login");
  };
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <ActionIcon aria-label={`You: ${me?.name ?? ""}`}>
          <IconUser size={17} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Box px="sm" py={4} fz="sm">
          {me?.user?.display_name || me?.name}
          <Text size="xs" className="quiet">
            {me?.user?.role} · {me?.tenant}
          </Text>
        </Box>
        <Menu.Divider />
        <Menu.Item component={Link} href="/access">
          Password, tokens, sessions
        </Menu.Item>
        <Menu.Item onClick={showKeys}>Keys</Menu.Item>
        <Menu.Item onClick={leave}>Log out</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
