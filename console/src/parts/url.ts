/** A page's state lies in its address: it can be sent to somebody, and the browser's back works. */
import { useCallback, useMemo } from "react";
import { useLocation, useSearch } from "wouter";
import { useBrowserLocation, useSearch as useBrowserSearch } from "wouter/use-browser-location";

/** Parameters of which the empty text says something: nobody has taken it. */
const EMPTY_TELLS = new Set(["assignee"]);

export type Change = Record<string, string | string[] | null | undefined>;

// wouter decodes what it is given once; doubled, what a name or a search holds of "%" stays as it is.
const doubled = (text: string): string => text.replaceAll("%", "%25");

/** The path as the address has it: its parts are decoded by `decoded`, once. */
export function useRawLocation(): ReturnType<typeof useBrowserLocation> {
  const [path, go] = useBrowserLocation();
  return [doubled(path), go];
}

export const useRawSearch = (): string => doubled(useBrowserSearch());

/** A part of a path as the name that it stands for; one that is no encoding of any stays itself. */
export function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** The address's parameters, and a change of some of them; null takes one away, and so does an empty
 * text of all but `EMPTY_TELLS`. */
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
    for (const each of Array.isArray(value) ? value : [value])
      if (each || (each === "" && EMPTY_TELLS.has(name))) next.append(name, each);
  }
  return next;
}
