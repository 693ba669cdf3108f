/** Texts of new rules. */

export const SKELETON = `title: What it finds, in a few words
name: a_name_for_it
id: UUID
description: What was done, and why a person should know.
level: medium
logsource:
  product: linux
  category: process_creation
detection:
  selection:
    Image|endswith: /PROGRAM
  condition: selection
tags:
  - attack.execution
  - attack.t1059
falsepositives:
  - Who does this for good reason
foreseen:
  model: true
`;

/** What a rule's text calls it; empty: nothing yet. */
export const nameIn = (text: string): string =>
  /^name:[ \t]*['"]?([A-Za-z0-9][\w.-]*)/m.exec(text)?.[1] ?? "";

/** A copy under another name and id, so that both can be in use. */
export function copied(text: string, from: string, uuid: string): string {
  const named = /^name:/m.test(text)
    ? text.replace(/^name:.*$/m, `name: own_${from}`)
    : `name: own_${from}\n${text}`;
  return named.replace(/^id:.*$/m, `id: ${uuid}`);
}
