import { useCallback, useEffect, useMemo, useState } from "react";

interface Held {
  uid: string | null; // null: whichever is first
  index: number;
  linked: boolean; // named by the address, and not seen in the list yet
}

const TOP: Held = { uid: null, index: 0, linked: false };

/** The row that the keys are on: it stays the same one when others come or go above it.
 *
 * When it leaves the list, the one in its place is next. One that the address names is meant even
 * where the list, of which only the begin is loaded, does not have it yet.
 */
export function useRow(uids: string[], list: string, linked: string | null) {
  const [held, setHeld] = useState<Held>({ uid: linked, index: 0, linked: linked !== null });
  const [of, setOf] = useState(list);
  if (of !== list) {
    setOf(list);
    setHeld(TOP);
  }
  const found = useMemo(() => (held.uid === null ? -1 : uids.indexOf(held.uid)), [uids, held.uid]);
  const at = found < 0 ? Math.max(0, Math.min(held.index, uids.length - 1)) : found;
  const awaited = held.linked && found < 0;
  const here = uids[at];
  useEffect(() => {
    if (awaited || here === undefined) return;
    setHeld((before) =>
      before.uid === here && before.index === at ? before : { uid: here, index: at, linked: false },
    );
  }, [awaited, here, at]);
  const move = useCallback(
    (index: number) => setHeld({ uid: uids[index] ?? null, index, linked: false }),
    [uids],
  );
  const toTop = useCallback(() => setHeld(TOP), []);
  return { at, uid: awaited ? (held.uid ?? undefined) : here, move, toTop };
}
