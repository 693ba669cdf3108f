/** A list as a file, in the form that is chosen. */
import { Button, Menu } from "@mantine/core";
import { useState } from "react";
import { problemOf } from "@/api/problem";
import { keep } from "@/parts/keep";
import { failed } from "@/parts/undo";

const FORMS = [
  ["CSV", "text/csv", "csv"],
  ["NDJSON", "application/x-ndjson", "ndjson"],
  ["Arrow", "application/vnd.apache.arrow.stream", "arrows"],
] as const;

type Query = Record<string, string | string[] | null | undefined>;

/** Asks a route that exports; parameters without a value are left out. */
export function exporting(path: string, query: Query): (accept: string) => Promise<Response> {
  const words = new URLSearchParams();
  for (const [name, value] of Object.entries(query))
    for (const each of [value ?? []].flat()) words.append(name, each);
  return (accept) => fetch(`${path}?${words}`, { headers: { accept, "X-Foreseen-Request": "1" } });
}

interface Props {
  /** What the file is called, without its ending. */
  name: string;
  /** Asks for it, in a form. */
  ask: (accept: string) => Promise<Response>;
  disabled?: boolean;
  /** Says what the answer says beside the rows. */
  after?: (response: Response) => void;
}

export function ExportMenu({ name, ask, disabled, after }: Props) {
  const [busy, setBusy] = useState(false);
  const take = async (accept: string, ending: string) => {
    setBusy(true);
    try {
      const response = await ask(accept);
      if (!response.ok) throw problemOf(response, await response.json().catch(() => null));
      keep(await response.blob(), `${name}.${ending}`);
      after?.(response);
    } catch (error) {
      failed(error);
    } finally {
      setBusy(false);
    }
  };
  return (
    <Menu>
      <Menu.Target>
        <Button variant="default" disabled={disabled} loading={busy}>
          Export
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {FORMS.map(([form, accept, ending]) => (
          <Menu.Item key={form} onClick={() => take(accept, ending)}>
            {form}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
