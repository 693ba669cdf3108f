/** What changed in a text, as a unified diff; signs say which line came and which went. */
import { Box } from "@mantine/core";
import { Nothing } from "@/parts/Answer";
import { seen } from "@/parts/text";

const colourOf = (line: string): string | undefined => {
  if (line.startsWith("+++") || line.startsWith("---") || line.startsWith("@@"))
    return "var(--quiet)";
  if (line.startsWith("+")) return "var(--expected)";
  if (line.startsWith("-")) return "var(--critical)";
  return undefined;
};

export function Diff({ label, diff }: { label: string; diff: string }) {
  if (!diff) return <Nothing>Nothing differs.</Nothing>;
  return (
    <Box
      component="pre"
      className="mono"
      tabIndex={0}
      role="region"
      aria-label={label}
      m={0}
      p="xs"
      mah={420}
      style={{ overflow: "auto", border: "1px solid var(--line)" }}
    >
      {diff.split("\n").map((line, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: lines of one text never move
        <div key={index} style={{ color: colourOf(line) }}>
          {seen(line) || " "}
        </div>
      ))}
    </Box>
  );
}
