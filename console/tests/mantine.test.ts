import { existsSync, globSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";

const IMPORTED = /import (?:type )?\{([^}]*)\} from "@mantine\/core"/g;

test("every component that is used has its style", () => {
  const listed = readFileSync("src/mantine.ts", "utf8");
  const used = globSync("src/**/*.tsx").flatMap((path) =>
    [...readFileSync(path, "utf8").matchAll(IMPORTED)].flatMap((found) =>
      (found[1] ?? "").split(",").map((name) => name.trim().replace(/^type /, "")),
    ),
  );
  const styled = [...new Set(used)].filter(
    (name) => name && existsSync(`node_modules/@mantine/core/styles/${name}.css`),
  );
  expect(styled.length).toBeGreaterThan(20);
  expect(styled.filter((name) => !listed.includes(`/styles/${name}.css`))).toEqual([]);
});
