/** Processes as a tree: who started whom, which of them rules matched, in the order of their start. */
import { Badge, Box, Group } from "@mantine/core";
import { useMemo } from "react";
import { Link } from "wouter";
import type { Schema } from "@/api/client";
import { Foreign } from "@/parts/Foreign";
import { Moment } from "@/parts/times";
import classes from "./ProcessTree.module.css";

export type Process = Schema["ProcessView"];

interface Props {
  label: string;
  processes: Process[];
  matched?: string | null; // uid of the process that it is about
  leftOut?: number;
}

interface Node {
  process: Process;
  depth: number;
}

/** The processes in the order of a tree, each with its depth; one whose parent is unknown is a root. */
export function ordered(processes: Process[]): Node[] {
  const known = new Set(processes.map((process) => process.uid));
  const below = new Map<string, Process[]>();
  const roots: Process[] = [];
  for (const process of processes) {
    const { parent } = process;
    if (parent && parent !== process.uid && known.has(parent)) {
      below.set(parent, [...(below.get(parent) ?? []), process]);
    } else roots.push(process);
  }
  const found: Node[] = [];
  const seen = new Set<string>();
  const walk = (process: Process, depth: number) => {
    if (seen.has(process.uid)) return; // records of strangers may go in a circle
    seen.add(process.uid);
    found.push({ process, depth });
    for (const child of below.get(process.uid) ?? []) walk(child, depth + 1);
  };
  for (const root of roots) walk(root, 0);
  for (const process of processes) walk(process, 0);
  return found;
}

export function ProcessTree({ label, processes, matched, leftOut = 0 }: Props) {
  const nodes = useMemo(() => ordered(processes), [processes]);
  return (
    <Box>
      <ul className={classes.tree} aria-label={label}>
        {nodes.map(({ process, depth }) => (
          <li
            key={process.uid}
            className={classes.node}
            style={{ marginLeft: Math.min(depth, 14) * 16 }}
            data-matched={process.uid === matched || undefined}
            data-ruled={process.rules.length > 0 || undefined}
          >
            <Foreign
              text={process.command_line ?? process.path ?? `process ${process.pid}`}
              mono
              most={300}
            />
            <Group gap={8} className="quiet" fz="xs" wrap="wrap">
              {process.user && (
                <Link href={`/users/${encodeURIComponent(process.user)}`}>
                  <Foreign text={process.user} oneLine />
                </Link>
              )}
              <span className="number">pid {process.pid ?? "?"}</span>
              <Moment at={process.started ?? process.first_time} short />
              <span>{process.relation}</span>
              {process.rules.map((rule) => (
                <Badge key={rule} color="orange" variant="light">
                  {rule}
                </Badge>
              ))}
            </Group>
          </li>
        ))}
      </ul>
      {leftOut > 0 && <Box className="quiet">{leftOut} more processes are not shown.</Box>}
    </Box>
  );
}
