/** A dialog that is there while it is open; what had the focus has it again after it. */
import { Modal, type ModalProps } from "@mantine/core";
import { useEffect } from "react";

export function Dialog(props: Omit<ModalProps, "opened">) {
  useFocusBack();
  return <Modal opened {...props} />;
}

function useFocusBack(): void {
  useEffect(() => {
    const before = document.activeElement;
    return () => {
      // After the dialog's own trap has let go.
      window.setTimeout(() => before instanceof HTMLElement && before.focus(), 0);
    };
  }, []);
}
