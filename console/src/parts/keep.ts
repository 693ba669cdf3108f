/** Gives the person a file. */
export function keep(content: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}

/** Gives the person a file that was made here. */
export function keepFile(content: string, name: string, type = "application/json"): void {
  keep(new Blob([content], { type }), name);
}
