/** A piece of text from an image as it may stand in a message: short, and without control characters. */
export function quote(text: string): string {
  return JSON.stringify(text.toWellFormed().slice(0, 80))
}

/** The same for any value: of what is no text only its kind. */
export function quoteValue(value: unknown): string {
  return typeof value === 'string' ? quote(value) : value === null ? 'null' : typeof value
}
