import { describe, expect, it } from "vitest";
import { cut, pieces, seen } from "@/parts/text";

describe("text of strangers", () => {
  it("leaves what shows as itself", () => {
    for (const text of ["curl -s http://x/", "日本語 – ünï", "👩‍💻".replace("\u200d", "")]) {
      expect(seen(text)).toBe(text);
    }
  });

  it("shows every control, bidi and invisible character", () => {
    expect(seen("a\u202eb")).toBe("a⟨U+202E⟩b");
    expect(seen("x\u0000\u001b[2J")).toBe("x␀␛[2J");
    expect(seen("a\nb\tc\r")).toBe("a⏎b⇥c␍");
    expect(seen("\u200b\ufeff\u00ad")).toBe("⟨U+200B⟩⟨U+FEFF⟩⟨U+00AD⟩");
    expect(seen("\u{e0041}")).toBe("⟨U+E0041⟩");
    expect(seen("\ud800")).toBe("⟨U+D800⟩");
  });

  it("marks what stands for another character, so that it cannot be forged", () => {
    expect(pieces("⟨U+202E⟩")).toEqual([{ text: "⟨U+202E⟩", foreign: false }]);
    expect(pieces("\u202e")).toEqual([{ text: "⟨U+202E⟩", foreign: true }]);
  });

  it("never cuts a character in two", () => {
    expect(cut("ab😀", 3)).toBe("ab");
    expect(cut("ab😀", 4)).toBe("ab😀");
    expect(cut("abc", 2)).toBe("ab");
  });
});
