import { useEffect } from "react";

/** For a dialog that is there while it is open: what had the focus has it again after it. */
export function useFocusBack(): void {
  useEffect(() => {
    const before = document.activeElement;
    return () => {
      // After the dialog's own trap has let go.
      window.setTimeout(() => before instanceof HTMLElement && before.focus(), 0);
    };
  }, []);
}
