/** What was decided of a match, in its word and colour. */
export function Outcome({ outcome }: { outcome: string | undefined }) {
  const colour = { suppressed: "var(--expected)", alerted: "var(--odd)" }[outcome ?? ""];
  return <b style={{ color: colour }}>{outcome ?? "not judged"}</b>;
}
