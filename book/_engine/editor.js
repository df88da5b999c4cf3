// The editor of an answer: CodeMirror 6 in the book's own colors. `npm run build` bundles it.
import { defaultKeymap, history, historyKeymap, indentLess, indentMore, isolateHistory } from "@codemirror/commands";
import { pythonLanguage } from "@codemirror/lang-python";
import { bracketMatching, indentOnInput, indentUnit, LanguageSupport, HighlightStyle, syntaxHighlighting } from "@codemirror/language";
import { EditorState, StateEffect, StateField } from "@codemirror/state";
import { Decoration, drawSelection, EditorView, keymap, lineNumbers } from "@codemirror/view";
import { tags } from "@lezer/highlight";

// The classes that the listings of the page have: their style sheet colors both, in the light and in the dark.
const pygments = [
  ["k", [tags.keyword, tags.controlKeyword, tags.definitionKeyword]],
  ["kn", tags.moduleKeyword],
  ["ow", tags.operatorKeyword],
  ["kc", [tags.bool, tags.null]],
  ["mi", tags.number],
  ["s2", [tags.string, tags.special(tags.string)]],
  ["se", tags.escape],
  ["c1", tags.comment],
  ["nf", tags.function(tags.definition(tags.variableName))],
  ["nc", tags.definition(tags.className)],
  ["nd", tags.meta],
  ["o", tags.operator],
];
const colors = HighlightStyle.define(pygments.map(([name, tag]) => ({ tag, class: name })));

const theme = EditorView.theme({
  "&": { background: "var(--u-wash)", color: "var(--u-ink)", fontSize: "var(--editor-size)", border: "1px solid var(--u-line)", borderRadius: "4px" },
  "&.cm-focused": { outline: "2px solid var(--u-state)", outlineOffset: "1px" },
  ".cm-scroller": { fontFamily: "var(--u-mono)", lineHeight: "1.5" },
  ".cm-content": { caretColor: "var(--u-ink)", padding: "0.7rem 0" },
  ".cm-cursor": { borderLeftColor: "var(--u-ink)", borderLeftWidth: "2px" },
  ".cm-gutters": { background: "transparent", color: "var(--u-muted)", border: "0" },
  ".cm-marked": { background: "color-mix(in srgb, var(--u-grad) 18%, transparent)", boxShadow: "inset 3px 0 var(--u-grad)" },
  "&.cm-focused .cm-matchingBracket": { background: "none", outline: "1px solid var(--u-muted)" },
  "& > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, &.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground":
    { background: "color-mix(in srgb, var(--u-state) 28%, transparent)" },
});

// One line that is marked, where an answer stopped; gone with the next change.
const setMark = StateEffect.define();
const marked = StateField.define({
  create: () => Decoration.none,
  update(marks, { effects, docChanged, state }) {
    for (const effect of effects) {
      if (effect.is(setMark)) {
        const line = effect.value;
        if (!line || line > state.doc.lines) return Decoration.none;
        return Decoration.set([Decoration.line({ class: "cm-marked" }).range(state.doc.line(line).from)]);
      }
    }
    return docChanged ? Decoration.none : marks;
  },
  provide: (field) => EditorView.decorations.from(field),
});

// Tab indents, as Python's writers expect; after Escape it leaves, as everybody else does.
const tab = (move) => (view) => !view.dom.dataset.leaving && move(view);

self.unrolledEditor = ({ parent, text, label, describedBy, onChange, onRun }) => {
  const described = describedBy ? { "aria-describedby": describedBy } : {};
  const running = () => { onRun(); return true; };
  const view = new EditorView({
    parent,
    state: EditorState.create({
      doc: text,
      extensions: [
        lineNumbers(), history(), drawSelection(), indentUnit.of("    "), indentOnInput(), bracketMatching(),
        new LanguageSupport(pythonLanguage), syntaxHighlighting(colors), theme, marked,
        EditorView.contentAttributes.of({ "aria-label": label, "autocapitalize": "off", "spellcheck": "false", ...described }),
        EditorView.updateListener.of((update) => { if (update.docChanged) onChange(update.state.doc.toString()); }),
        keymap.of([
          { key: "Shift-Enter", run: running },
          { key: "Mod-Enter", run: running },
          { key: "Escape", run: ({ dom }) => { dom.dataset.leaving = "yes"; return false; } },
          { key: "Tab", run: tab(indentMore), shift: tab(indentLess) },
          ...defaultKeymap, ...historyKeymap,
        ]),
        EditorView.domEventHandlers({
          keydown({ key }, { dom }) { if (!["Tab", "Escape", "Shift"].includes(key)) delete dom.dataset.leaving; },
          blur(event, { dom }) { delete dom.dataset.leaving; },
        }),
      ],
    }),
  });
  return {
    view,
    get text() { return view.state.doc.toString(); },
    set text(value) { // one step of the undo history
      if (value !== this.text) view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: value }, annotations: isolateHistory.of("full") });
    },
    mark(line) { view.dispatch({ effects: setMark.of(line) }); },
    focus() { view.focus(); },
  };
};
