import { describe, expect, it } from "vitest";
import { formOf, isMore, overridesOf, tuningFile } from "@/pages/rules/tuningText";

const tuning = (foreseen: Record<string, unknown>, enabled = true) => ({
  text: "",
  enabled,
  foreseen,
  reason: "why",
});

describe("a tuning", () => {
  it("comes back as it was from a form that nobody touched", () => {
    const said = {
      model: false,
      severity: 2,
      threshold: 3,
      window: "10m",
      title: "T",
      aggregate: ["host"],
    };
    expect(overridesOf(formOf(tuning(said)), tuning(said))).toEqual(said);
  });

  it("keeps what the form does not know, and leaves out what was emptied", () => {
    const before = tuning({ severity: 1, aggregate: ["host"], compliance: ["pci-dss:10"] });
    const form = { ...formOf(before), severity: "" };
    expect(overridesOf(form, before)).toEqual({ aggregate: ["host"], compliance: ["pci-dss:10"] });
  });

  it("of nothing is an empty form", () => {
    expect(formOf(null)).toMatchObject({ enabled: true, model: "", severity: "" });
    expect(overridesOf(formOf(null), null)).toEqual({});
  });

  it("for a what-if is a file that names its rule, whatever the name holds", () => {
    const { name, text } = tuningFile('odd"name', false, { model: false });
    expect(name).toBe('tuning-odd"name.yml');
    expect(JSON.parse(text)).toEqual({
      tune: 'odd"name',
      enabled: false,
      foreseen: { model: false },
    });
  });

  it("that only turns off says nothing more", () => {
    expect([isMore(tuning({}, false)), isMore(tuning({ model: false }, false))]).toEqual([
      false,
      true,
    ]);
  });
});
