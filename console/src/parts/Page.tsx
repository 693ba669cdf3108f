/** The frame of every page: its title, what can be done there, and panels. */
import { Box, Group, Paper, Stack, Title } from "@mantine/core";
import { type ReactNode, useEffect } from "react";

interface PageProps {
  title: string;
  note?: ReactNode; // beside the title
  actions?: ReactNode;
  children: ReactNode;
  fill?: boolean; // as high as the window, parts scroll in themselves
}

export function Page({ title, note, actions, children, fill = false }: PageProps) {
  useEffect(() => {
    document.title = `${title} · Foreseen`;
  }, [title]);
  return (
    <Stack gap="sm" p="sm" h={fill ? "calc(100dvh - 44px)" : undefined} mih={0}>
      <Group justify="space-between" wrap="wrap" gap="xs">
        <Group gap="sm" miw={0}>
          <Title order={1}>{title}</Title>
          {note && (
            <Box fz="sm" className="quiet note">
              {note}
            </Box>
          )}
        </Group>
        {actions && <Group gap="xs">{actions}</Group>}
      </Group>
      {children}
    </Stack>
  );
}

interface PanelProps {
  title?: ReactNode;
  note?: ReactNode;
  actions?: ReactNode;
  children: ReactNode;
  flush?: boolean; // no padding around what it holds
}

export function Panel({ title, note, actions, children, flush = false }: PanelProps) {
  return (
    <Paper withBorder bg="var(--surface)" component="section" style={{ minWidth: 0 }}>
      {title && (
        <Group justify="space-between" px="sm" pt="xs" gap="xs">
          <Group gap="xs" align="baseline">
            <Title order={2} size="h3">
              {title}
            </Title>
            {note && (
              <Box fz="xs" className="quiet">
                {note}
              </Box>
            )}
          </Group>
          {actions}
        </Group>
      )}
      <Box p={flush ? 0 : "sm"} pt={title && !flush ? "xs" : undefined}>
        {children}
      </Box>
    </Paper>
  );
}

/** A figure with its name, and a line that says what it is of. */
export function Figure({
  name,
  value,
  note,
}: {
  name: string;
  value: ReactNode;
  note?: ReactNode;
}) {
  return (
    <Paper withBorder bg="var(--surface)" px="sm" py={6} style={{ minWidth: 0 }}>
      <Box fz="xs" className="quiet one-line">
        {name}
      </Box>
      <Box fz="xl" fw={600} lh={1.3} className="number one-line">
        {value}
      </Box>
      {note && (
        <Box fz="xs" className="quiet one-line">
          {note}
        </Box>
      )}
    </Paper>
  );
}
