import { useCallback, useMemo, useRef, useState } from "react";

/** Which rows are chosen, by uid; a span goes from the one chosen last. None are in another list. */
export function useChosen(uids: string[], list: string) {
  const [all, setAll] = useState<ReadonlySet<string>>(new Set());
  const last = useRef<string | null>(null);
  const [of, setOf] = useState(list);
  if (of !== list) {
    setOf(list);
    setAll(new Set());
  }
  const toggle = useCallback((uid: string) => {
    last.current = uid;
    setAll((before) => {
      const next = new Set(before);
      if (!next.delete(uid)) next.add(uid);
      return next;
    });
  }, []);
  const toggleTo = useCallback(
    (index: number) => {
      const begin = last.current === null ? -1 : uids.indexOf(last.current);
      const from = begin < 0 ? index : begin; // the last one may have left the list
      const [low, high] = [Math.min(from, index), Math.max(from, index)];
      setAll((before) => new Set([...before, ...uids.slice(low, high + 1)]));
    },
    [uids],
  );
  const clear = useCallback(() => setAll(new Set()), []);
  return useMemo(
    () => ({ all, clear, toggle, toggleTo, is: (uid: string) => all.has(uid) }),
    [all, clear, toggle, toggleTo],
  );
}
