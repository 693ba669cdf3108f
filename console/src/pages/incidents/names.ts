/** Names of machines or rules, of which the server tells a few: `web-1, db-1 and 30 more`. */
export function named(names: readonly string[], count: number): string {
  const left = count - names.length;
  return names.join(", ") + (left > 0 ? ` and ${left} more` : "");
}
