/** What the pages of suppressions by hand ask the API for. */
import { useMutation } from "@tanstack/react-query";
import { api, got, type Schema } from "@/api/client";

export type Suppression = Schema["SuppressionView"];

export const KEY = ["suppressions"] as const;

const today = (): string => new Date().toISOString().slice(0, 10);

/** A text to begin with; it ends in three months. */
export function skeletonOf(rule: string, owner: string): string {
  const end = new Date(Date.now() + 90 * 86_400_000).toISOString().slice(0, 10);
  return `title: What is silenced, in a few words
id: a-name-for-it
rules: [${rule}]
detection:
  selection:
    Image: /usr/bin/PROGRAM
    ParentImage|endswith: /PARENT
  condition: selection
owner: ${owner}
reason: Why this is no news.
created: ${today()}
expires: ${end} # at most a year from now
`;
}

/** What is wrong with a text, and what it would hide of the past; nothing is kept. */
export const useChecking = (text: string) =>
  useMutation({
    mutationFn: () => got(api.POST("/api/v1/suppression-checks", { body: { text } })),
  });
