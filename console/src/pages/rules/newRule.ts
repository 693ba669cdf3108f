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

/** Tests to begin with: events that the rule promises to match, and ones that it promises not to. */
export const testsFor = (rule: string): string => `rule: ${rule}
common:
  product: auditd
  class_uid: 1007
  activity_id: 1
  event_type: execve
  status_id: 1
match:
  - process_path: /usr/bin/PROGRAM
    process_cmd_line: PROGRAM --that alerts
  - process_path: /usr/bin/OTHER
    process_cmd_line: OTHER --that alerts
no_match:
  - process_path: /usr/bin/cat
    process_cmd_line: cat /etc/hostname
  - process_path: /usr/bin/ls
    process_cmd_line: ls
`;
