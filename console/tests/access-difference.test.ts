import { expect, test } from "vitest";
import { differenceOf, hasLines, linesOf } from "@/pages/access/difference";

test("fields that differ are told apart from those that stayed", () => {
  const found = differenceOf(
    { role: "viewer", state: "active", email: null },
    { role: "analyst", state: "active", email: null },
  );
  expect(found.changed).toEqual([{ name: "role", before: "viewer", after: "analyst" }]);
  expect(found.same.map((field) => field.name)).toEqual(["email", "state"]);
});

test("what was made or deleted has each of its fields on one side", () => {
  expect(differenceOf(null, { a: 1 }).changed).toEqual([{ name: "a", before: null, after: "1" }]);
  expect(differenceOf({ a: [] }, null).changed).toEqual([{ name: "a", before: "[]", after: null }]);
});

test("objects inside are compared field by field, and null, empty and missing are three things", () => {
  const found = differenceOf(
    { p: { x: 1, y: 2 }, n: null, e: "" },
    { p: { x: 1, y: 3 }, n: "", o: {} },
  );
  expect(found.changed).toEqual([
    { name: "e", before: '""', after: null },
    { name: "n", before: "null", after: '""' },
    { name: "o", before: null, after: "{}" },
    { name: "p.y", before: "2", after: "3" },
  ]);
  expect(found.same).toEqual([{ name: "p.x", before: "1", after: "1" }]);
});

test("lines of a long text are told with two around them", () => {
  const old = ["a", "b", "c", "d", "e", "f", "g", "h"];
  const now = old.map((line) => (line === "e" ? "E" : line));
  const field = { name: "text", before: old.join("\n"), after: now.join("\n") };
  expect(hasLines(field)).toBe(true);
  expect(linesOf(field.before, field.after)?.split("\n")).toEqual([
    "@@ the same @@",
    " c",
    " d",
    "-e",
    "+E",
    " f",
    " g",
    "@@ the same @@",
  ]);
  expect(linesOf("x\n".repeat(3_000), "y")).toBeNull();
});

test("a text that looks like another value is told from it", () => {
  expect(differenceOf({ a: null, b: 1 }, { a: "null", b: "1" }).changed).toEqual([
    { name: "a", before: "null", after: '"null"' },
    { name: "b", before: "1", after: '"1"' },
  ]);
});
