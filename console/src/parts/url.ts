/** A page's state lies in its address: it can be sent to somebody, and the browser's back works. */
import { useCallback, useMemo } from "react";
import { useLocation, useSearch } from "wouter";

export type Change = Record<string, string | string[] | null | undefined>;

/** The address's parameters, and a change of some of them; empty and null take one away. */
export function useUrl(): [URLSearchParams, (change: Change, replace?: boolean) => void] {
  const search = useSearch();
  const [path, go] = useLocation();
  const parameters = useMemo(() => new URLSearchParams(search), [search]);
  const change = useCallback(
    (wanted: Change, replace = false) => {
      const next = changed(new URLSearchParams(window.location.search), wanted);
      go(next.size ? `${path}?${next}` : path, { replace });
    },
    [go, path],
  );
  return [parameters, change];
}

export function changed(before: URLSearchParams, wanted: Change): URLSearchParams {
  const next = new URLSearchParams(before);
  for (const [name, value] of Object.entries(wanted)) {
    next.delete(name);
    for (const each of Array.isArray(value) ? value : [value]) if (each) next.append(name, each);
  }
  return next;
}
