import { Anchor } from "@mantine/core";
import { useState } from "react";
import { cut, pieces, seen } from "@/parts/text";

interface Props {
  text: string | null | undefined;
  mono?: boolean;
  most?: number; // characters shown before a person asks for all
  oneLine?: boolean;
}

const LONGEST = 100_000; // characters; more would stop the browser

/** Text that somebody else wrote: every character is seen, and megabytes do not stop the page. */
export function Foreign({ text, mono = false, most = 2_000, oneLine = false }: Props) {
  const [all, setAll] = useState(false);
  if (text === null || text === undefined || text === "") return <span className="quiet">–</span>;
  const shown = cut(text, all ? LONGEST : oneLine ? Math.min(most, 300) : most);
  const left = text.length - shown.length;
  const look = `${mono ? "mono" : ""} ${oneLine ? "one-line" : "wrap"}`;
  return (
    <span className={look} title={oneLine ? seen(cut(text, 500)) : undefined} dir="ltr">
      {pieces(shown).map((piece, index) =>
        piece.foreign ? (
          // biome-ignore lint/suspicious/noArrayIndexKey: the pieces of one text never move
          <span key={index} className="foreign">
            {piece.text}
          </span>
        ) : (
          piece.text
        ),
      )}
      {left > 0 &&
        !oneLine &&
        (all ? (
          <span className="quiet"> … and {left.toLocaleString("en")} characters more</span>
        ) : (
          <Anchor component="button" type="button" fz="inherit" onClick={() => setAll(true)}>
            {" "}
            … {left.toLocaleString("en")} characters more
          </Anchor>
        ))}
    </span>
  );
}
