/** Lets an opened <details> close as a menu does: by Escape, or when the person goes on elsewhere. */
export function closesOutside(details: HTMLDetailsElement): { destroy: () => void } {
  const elsewhere = (event: Event): void => {
    if (event.target instanceof Node && !details.contains(event.target)) details.open = false;
  };
  const escape = (event: KeyboardEvent): void => {
    if (event.key !== "Escape" || !details.open) return;
    details.open = false;
    event.stopPropagation();
  };
  document.addEventListener("pointerdown", elsewhere);
  document.addEventListener("focusin", elsewhere);
  details.addEventListener("keydown", escape);
  return {
    destroy: () => {
      document.removeEventListener("pointerdown", elsewhere);
      document.removeEventListener("focusin", elsewhere);
    },
  };
}
