/** What a part of a page shows while its answer is awaited, when it fails, and when it is empty. */
import { Alert, Button, Group, Skeleton, Stack, Text } from "@mantine/core";
import { IconAlertTriangle, IconLock, IconPlugConnectedX } from "@tabler/icons-react";
import type { UseQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { isProblem } from "@/api/problem";

interface Props<T> {
  of: UseQueryResult<T>;
  lines?: number; // of the skeleton
  isEmpty?: (data: T) => boolean;
  empty?: ReactNode;
  children: (data: T) => ReactNode;
}

/** Shows `children` of an answer, or why there is none. Data that was there stays while it is renewed. */
export function Answer<T>({ of, lines = 3, isEmpty, empty, children }: Props<T>) {
  if (of.data !== undefined) {
    if (isEmpty?.(of.data)) return <Nothing>{empty ?? "Nothing here yet."}</Nothing>;
    return (
      <>
        {of.error && <Failed error={of.error} again={() => of.refetch()} />}
        {children(of.data)}
      </>
    );
  }
  if (of.error) return <Failed error={of.error} again={() => of.refetch()} />;
  return <Waiting lines={lines} failing={of.failureReason} />;
}

export function Waiting({ lines = 3, failing }: { lines?: number; failing?: Error | null }) {
  return (
    <Stack gap="xs" role="status" aria-label="loading" p="xs">
      {failing && (
        <Text size="sm" c="var(--odd)">
          {failing.message}; trying again…
        </Text>
      )}
      {Array.from({ length: lines }, (_, line) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: they are all the same
        <Skeleton key={line} height={14} width={`${90 - ((line * 17) % 40)}%`} />
      ))}
    </Stack>
  );
}

export function Nothing({ children }: { children: ReactNode }) {
  return (
    <Text size="sm" className="quiet" p="md" ta="center" component="div">
      {children}
    </Text>
  );
}

export function Failed({ error, again }: { error: Error; again?: () => void }) {
  const { title, advice, icon } = words(error);
  return (
    <Alert color={isProblem(error, 403) ? "gray" : "red"} title={title} icon={icon} role="alert">
      <Stack gap="xs">
        <Text size="sm" className="wrap">
          {error.message}
        </Text>
        <Text size="sm" className="quiet">
          {advice}
          {isProblem(error) && error.requestId && ` Request ${error.requestId}.`}
        </Text>
        {again && !isProblem(error, 403) && (
          <Group>
            <Button variant="default" onClick={again}>
              Try again
            </Button>
          </Group>
        )}
      </Stack>
    </Alert>
  );
}

function words(error: Error): { title: string; advice: string; icon: ReactNode } {
  if (isProblem(error, 403))
    return {
      title: "Not allowed",
      advice: "Your role does not include this. An admin can change it on the page Access.",
      icon: <IconLock size={18} />,
    };
  if (isProblem(error, 0))
    return {
      title: "The server can't be reached",
      advice:
        "Check that `foreseen up` runs and that the network is there. The page recovers by itself.",
      icon: <IconPlugConnectedX size={18} />,
    };
  if (isProblem(error, 404))
    return {
      title: "Not found",
      advice: "It may have been removed by retention, or the address is another organisation's.",
      icon: <IconAlertTriangle size={18} />,
    };
  const passing = isProblem(error) && error.passing;
  return {
    title: passing ? "The server is busy" : "This did not work",
    advice: passing ? "It is asked again." : "The log of the server says more.",
    icon: <IconAlertTriangle size={18} />,
  };
}
