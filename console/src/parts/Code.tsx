/** What parts/Editor.tsx loads. */
import { autocompletion, completionKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { SQLDialect, sql } from "@codemirror/lang-sql";
import { yaml } from "@codemirror/lang-yaml";
import {
  bracketMatching,
  HighlightStyle,
  indentOnInput,
  syntaxHighlighting,
} from "@codemirror/language";
import { type Diagnostic, lintGutter, setDiagnostics } from "@codemirror/lint";
import { EditorState, type Extension } from "@codemirror/state";
import {
  EditorView,
  highlightActiveLine,
  highlightSpecialChars,
  keymap,
  lineNumbers,
} from "@codemirror/view";
import { tags } from "@lezer/highlight";
import { useEffect, useRef } from "react";
import type { EditorProps, Mark } from "@/parts/Editor";
import { nonce } from "@/shell/nonce";

const COLOURS = HighlightStyle.define([
  { tag: [tags.keyword, tags.operator, tags.bool], color: "var(--accent)" },
  { tag: [tags.definition(tags.propertyName), tags.propertyName], color: "var(--accent)" },
  { tag: [tags.string, tags.special(tags.string)], color: "var(--expected)" },
  { tag: [tags.number, tags.null], color: "var(--odd)" },
  { tag: [tags.comment, tags.meta], color: "var(--quiet)" },
]);

// The kit draws these as data: images, which the page's policy refuses.
const marker = (sign: string, colour: string) => ({ content: `"${sign}"`, color: colour });
const underlined = (colour: string) => ({
  backgroundImage: "none",
  textDecoration: `underline wavy ${colour}`,
});
const FOUND = {
  ".cm-lint-marker": { width: "1em", height: "auto", textAlign: "center" },
  ".cm-lint-marker-error, .cm-lint-marker-warning, .cm-lint-marker-info": { content: "normal" },
  ".cm-lint-marker-error::before": marker("✕", "var(--critical)"),
  ".cm-lint-marker-warning::before": marker("▲", "var(--medium)"),
  ".cm-lintRange-error": underlined("var(--critical)"),
  ".cm-lintRange-warning": underlined("var(--medium)"),
};

const LOOK = EditorView.theme({
  ...FOUND,
  "&": { height: "100%", fontSize: "0.78rem", backgroundColor: "var(--page)", color: "inherit" },
  "&.cm-focused": { outline: "2px solid var(--accent)" },
  ".cm-scroller": { fontFamily: "var(--mantine-font-family-monospace)", overflow: "auto" },
  ".cm-gutters": { backgroundColor: "var(--page)", color: "var(--quiet)", border: "none" },
  ".cm-activeLine, .cm-activeLineGutter": { backgroundColor: "var(--surface)" },
  ".cm-cursor": { borderLeftColor: "currentColor" },
  ".cm-tooltip": { backgroundColor: "var(--surface)", border: "1px solid var(--line)" },
  ".cm-tooltip-autocomplete > ul > li[aria-selected]": {
    background: "var(--chosen)",
    color: "inherit",
  },
});

export default function Code(props: EditorProps) {
  const { label, language, value, change, marks, words, height = "320px" } = props;
  const place = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView | null>(null);
  const latest = useRef(props);
  useEffect(() => {
    latest.current = props;
  });
  useEffect(() => {
    const told = EditorView.updateListener.of((update) => {
      if (update.docChanged) latest.current.change?.(update.state.doc.toString());
    });
    const run = {
      key: "Mod-Enter",
      run: () => {
        latest.current.run?.();
        return true;
      },
    };
    const made = new EditorView({
      parent: place.current as HTMLDivElement,
      state: EditorState.create({
        doc: latest.current.value,
        extensions: [
          keymap.of([run, ...completionKeymap, ...defaultKeymap, ...historyKeymap, indentWithTab]),
          ...basics(label),
          language === "sql" ? sql({ dialect: SQLDialect.define({}), schema: words }) : yaml(),
          EditorState.readOnly.of(!latest.current.change),
          told,
        ],
      }),
    });
    view.current = made;
    return () => made.destroy();
  }, [label, language, words]);
  useEffect(() => {
    const now = view.current;
    if (now && now.state.doc.toString() !== value) {
      now.dispatch({ changes: { from: 0, to: now.state.doc.length, insert: value } });
    }
  }, [value]);
  useEffect(() => {
    const now = view.current;
    if (now) now.dispatch(setDiagnostics(now.state, found(now.state, marks ?? [])));
  }, [marks]);
  return <div ref={place} style={{ height }} data-editable={change ? true : undefined} />;
}

function basics(label: string): Extension[] {
  return [
    lineNumbers(),
    lintGutter(),
    highlightActiveLine(),
    highlightSpecialChars(),
    history(),
    indentOnInput(),
    bracketMatching(),
    autocompletion(),
    syntaxHighlighting(COLOURS),
    EditorView.lineWrapping,
    EditorView.cspNonce.of(nonce),
    EditorView.contentAttributes.of({ "aria-label": label, tabindex: "0" }),
    LOOK,
  ];
}

function found(state: EditorState, marks: Mark[]): Diagnostic[] {
  return marks.map((mark) => {
    const line = state.doc.line(Math.max(1, Math.min(mark.line, state.doc.lines)));
    return { from: line.from, to: line.to, severity: mark.severity, message: mark.message };
  });
}
