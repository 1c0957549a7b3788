/** A piece of text from an image as it may stand in a message: short, and without control characters. */
export function quote(text: string): string {
  return JSON.stringify(text.toWellFormed().slice(0, 80))
}
