/** What the server says of a rule's text and its tests, a moment after the last key. */
import { useDebouncedValue } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { api, got, type Schema } from "@/api/client";
import type { Mark } from "@/parts/Editor";

const PAUSE = 700; // ms without a key after which the text is checked
const TESTS = "tests.test.yml";

export interface Checked {
  rule: Mark[];
  tests: Mark[];
  promises: string[]; // that no line of the tests stands for
  faults: number;
  busy: boolean;
  error: Error | null;
  known: boolean; // whether the text as it stands was looked at
}

interface Asked {
  path: string;
  text: string;
  tests: string;
  may: boolean;
}

export function useCheck(asked: Asked): Checked {
  const { path, may } = asked;
  const [text] = useDebouncedValue(asked.text, PAUSE);
  const [tests] = useDebouncedValue(asked.tests, PAUSE);
  const found = useQuery({
    queryKey: ["rule check", path, text, tests],
    enabled: may && text.trim() !== "",
    placeholderData: (before) => before,
    queryFn: () => {
      const body = {
        files: [{ path, text }],
        tests: tests.trim() ? [{ path: TESTS, text: tests }] : [],
      };
      return got(api.POST("/api/v1/rule-checks", { body }));
    },
  });
  const marks = useMemo(() => marksOf(found.data), [found.data]);
  const settled = text === asked.text && tests === asked.tests && !found.isPlaceholderData;
  return {
    ...marks,
    busy: found.isFetching || !settled,
    error: found.error,
    known: settled && found.data !== undefined && !found.error,
  };
}

/** How far the check of a text is, where nothing is wrong with it. */
export const stateOf = (checked: Checked): string =>
  checked.busy ? "Checking…" : checked.known ? "Nothing is wrong with it." : "";

type Marks = Pick<Checked, "rule" | "tests" | "promises" | "faults">;

export function marksOf(found: Schema["RulesChecked"] | undefined): Marks {
  const faults = found?.faults ?? [];
  const warnings = found?.warnings ?? [];
  const broken = found?.promises ?? [];
  return {
    rule: [...faults.map(marked("error")), ...warnings.map(marked("warning"))],
    tests: broken.filter((each) => each.path === TESTS).map(marked("error")),
    promises: broken.filter((each) => each.path !== TESTS).map((each) => each.message),
    faults: faults.length,
  };
}

const marked =
  (severity: Mark["severity"]) =>
  (each: Schema["Fault"]): Mark => ({ line: each.line, message: each.message, severity });
