/** Runs in the reader's browser; its source is put into the page, so it may use nothing from outside itself. */
export function page(): void
