/** The editor of rules and queries (CodeMirror), loaded where one is shown. */
import { Skeleton } from "@mantine/core";
import { lazy, Suspense } from "react";

export interface Mark {
  line: number; // from 1
  message: string;
  severity: "error" | "warning";
}

export interface EditorProps {
  label: string;
  language: "yaml" | "sql";
  value: string;
  change?: (value: string) => void; // without one it is only read
  marks?: Mark[];
  words?: Record<string, string[]>; // of SQL: columns by table
  run?: () => void; // Ctrl-Enter
  height?: string;
}

const Code = lazy(() => import("@/parts/Code"));

export function Editor(props: EditorProps) {
  return (
    <Suspense fallback={<Skeleton height={props.height ?? 320} />}>
      <Code {...props} />
    </Suspense>
  );
}
