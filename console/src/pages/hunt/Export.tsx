import { Button, Menu } from "@mantine/core";
import { useState } from "react";
import { problemOf } from "@/api/problem";
import { failed, told } from "@/parts/undo";
import { bodyOf, type Question } from "./hunt";

const FORMS = [
  ["CSV", "text/csv", "csv"],
  ["NDJSON", "application/x-ndjson", "ndjson"],
  ["Arrow", "application/vnd.apache.arrow.stream", "arrows"],
] as const;

const MOST = 100_000; // rows of a file

/** The answer as a file, with as many rows as the API gives at once. */
export function Export({ question }: { question: Question }) {
  const [busy, setBusy] = useState(false);
  const take = async (accept: string, ending: string) => {
    setBusy(true);
    try {
      const response = await fetch("/api/v1/hunts", {
        method: "POST",
        headers: { accept, "content-type": "application/json", "X-Foreseen-Request": "1" },
        body: JSON.stringify({ ...bodyOf(question), limit: MOST }),
      });
      if (!response.ok) throw problemOf(response, await response.json().catch(() => null));
      keep(await response.blob(), `hunt.${ending}`);
      if (response.headers.get("X-Foreseen-Truncated") === "true") {
        told(`The file ends after ${MOST.toLocaleString("en")} rows: there are more.`);
      }
    } catch (error) {
      failed(error);
    } finally {
      setBusy(false);
    }
  };
  return (
    <Menu>
      <Menu.Target>
        <Button variant="default" disabled={!question.text} loading={busy}>
          Export
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {FORMS.map(([name, accept, ending]) => (
          <Menu.Item key={name} onClick={() => take(accept, ending)}>
            {name}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}

function keep(content: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}
