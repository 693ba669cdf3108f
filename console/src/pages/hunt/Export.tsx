/** The answer as a file, with as many rows as the API gives at once. */
import { ExportMenu } from "@/parts/ExportMenu";
import { told } from "@/parts/undo";
import { bodyOf, type Question } from "./hunt";

const MOST = 100_000; // rows of a file

export function Export({ question }: { question: Question }) {
  const ask = (accept: string) =>
    fetch("/api/v1/hunts", {
      method: "POST",
      headers: { accept, "content-type": "application/json", "X-Foreseen-Request": "1" },
      body: JSON.stringify({ ...bodyOf(question), limit: MOST }),
    });
  const after = (response: Response) => {
    if (response.headers.get("X-Foreseen-Truncated") === "true")
      told(`The file ends after ${MOST.toLocaleString("en")} rows: there are more.`);
  };
  return <ExportMenu name="hunt" ask={ask} after={after} disabled={!question.text} />;
}
