import { describe, expect, it } from "vitest";
import { ordered, type Process } from "@/parts/ProcessTree";

const process = (uid: string, parent: string | null) => ({ uid, parent }) as Process;
const shape = (...all: Process[]) => ordered(all).map((node) => [node.process.uid, node.depth]);

describe("a process tree", () => {
  it("puts children under their parents, whatever comes first", () => {
    expect(shape(process("c", "b"), process("b", "a"), process("a", null))).toEqual([
      ["a", 0],
      ["b", 1],
      ["c", 2],
    ]);
  });

  it("shows a process whose parent is unknown as a root", () => {
    expect(shape(process("b", "gone"))).toEqual([["b", 0]]);
  });

  it("shows each process once where the records go in a circle", () => {
    expect(shape(process("a", "b"), process("b", "a"), process("c", "c"))).toHaveLength(3);
  });
});
