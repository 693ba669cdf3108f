/** What is wrong with a text, in words, for those who do not see the editor's margin. */
import { Text } from "@mantine/core";
import type { Mark } from "@/parts/Editor";
import { seen } from "@/parts/text";

export function Marks({ of, none }: { of: Mark[]; none?: string }) {
  if (!of.length)
    return none ? (
      <Text size="sm" className="quiet" role="status">
        {none}
      </Text>
    ) : null;
  return (
    <div role="status">
      {of.map((mark) => (
        <Text
          key={`${mark.line} ${mark.message}`}
          size="sm"
          c={mark.severity === "error" ? "var(--critical)" : "var(--medium)"}
        >
          {mark.severity === "error" ? "Wrong" : "Missed"}, line {mark.line}: {seen(mark.message)}
        </Text>
      ))}
    </div>
  );
}
