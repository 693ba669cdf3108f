/** Keys: each page says which it has; `?` lists those that work now. */
import { useLocalStorage } from "@mantine/hooks";
import {
  createContext,
  type ReactNode,
  useCallback,
  useContext,
  useEffect,
  useMemo,
  useRef,
} from "react";

export interface Key {
  keys: string; // "j", "Enter", "Shift+x", or two in a row: "g a"
  does: string;
  run: () => void;
}

export interface Group {
  name: string;
  keys: Key[];
}

interface Keyboard {
  add: (group: Group) => () => void;
  groups: () => Group[];
}

const Context = createContext<Keyboard | null>(null);
const PAUSE = 1_200; // ms that the second key of two may take

/** Has keys while the component is shown. Those of the component shown last go first. */
export function useKeys(name: string, keys: Key[]): void {
  const keyboard = useContext(Context);
  const held = useRef<Group>({ name, keys });
  useEffect(() => {
    held.current.keys = keys;
  });
  useEffect(() => keyboard?.add(held.current), [keyboard]);
}

export function KeysProvider({ children }: { children: ReactNode }) {
  const groups = useRef<Group[]>([]);
  const before = useRef({ key: "", at: 0 });
  const keyboard = useMemo<Keyboard>(
    () => ({
      add: (group) => {
        groups.current.push(group);
        return () => {
          groups.current = groups.current.filter((each) => each !== group);
        };
      },
      groups: () => groups.current,
    }),
    [],
  );
  const [letters] = useLetters();
  const press = useCallback(
    (event: KeyboardEvent) => {
      if (isTyping(event) || (!letters && event.key.length === 1)) return;
      const name = nameOf(event);
      const recent = event.timeStamp - before.current.at < PAUSE ? before.current.key : "";
      const found = find(groups.current, recent ? `${recent} ${name}` : name, name);
      before.current = { key: name, at: event.timeStamp };
      if (!found) return;
      event.preventDefault();
      before.current = { key: "", at: 0 };
      found.run();
    },
    [letters],
  );
  useEffect(() => {
    window.addEventListener("keydown", press);
    return () => window.removeEventListener("keydown", press);
  }, [press]);
  return <Context.Provider value={keyboard}>{children}</Context.Provider>;
}

function find(groups: Group[], two: string, one: string): Key | undefined {
  const all = groups.toReversed().flatMap((group) => group.keys);
  return all.find((key) => key.keys === two) ?? all.find((key) => key.keys === one);
}

function nameOf(event: KeyboardEvent): string {
  const letter = event.key.length === 1;
  const shift = event.shiftKey && (!letter || /[a-z]/i.test(event.key));
  return `${shift ? "Shift+" : ""}${letter ? event.key.toLowerCase() : event.key}`;
}

function isTyping(event: KeyboardEvent): boolean {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return true;
  const target = event.target as HTMLElement;
  if (target.isContentEditable || ["INPUT", "TEXTAREA", "SELECT"].includes(target.tagName)) {
    return !(target instanceof HTMLInputElement && ["checkbox", "radio"].includes(target.type));
  }
  if (target.closest("[role=dialog]")) return true;
  return event.key === "Enter" && target.closest("button, a, [role=menuitem]") !== null;
}

/** What works now, those of one name together; the last shown first. */
export function useKeysNow(): () => Group[] {
  const keyboard = useContext(Context);
  return useCallback(() => merged(keyboard?.groups() ?? []), [keyboard]);
}

/** Whether keys of one letter work: who speaks to the computer, or slips, can switch them off. */
export function useLetters(): [boolean, (on: boolean) => void] {
  const [on, setOn] = useLocalStorage({ key: "foreseen.letters", defaultValue: true });
  return [on, setOn];
}

function merged(groups: Group[]): Group[] {
  const found = new Map<string, Key[]>();
  for (const group of groups)
    found.set(group.name, [...(found.get(group.name) ?? []), ...group.keys]);
  return [...found].map(([name, keys]) => ({ name, keys }));
}
