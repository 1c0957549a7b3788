/** A pattern of LIKE (with `ESCAPE '\'`) for texts that contain `text`, taken literally. */
export function containing(text: string): string {
  return `%${text.replace(/[\\%_]/g, '\\$&')}%`
}
