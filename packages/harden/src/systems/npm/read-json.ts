import { decodeName, type Image } from '@sallyport/image'

/** A JSON object from an image; keys from outside are only ever looked up as its own. */
export type JsonObject = Readonly<Record<string, unknown>>

const maxJsonBytes = 64 * 1024 * 1024

/** The text of a file and the object in it; `undefined` when there is no such file, or no object in it. */
export async function readJson(
  image: Pick<Image, 'tree' | 'readFile'>,
  path: string,
  signal?: AbortSignal | undefined,
): Promise<{ readonly path: string; readonly text: string; readonly value: JsonObject } | undefined> {
  const node = image.tree.resolve(path)
  if (node?.type !== 'file' || node.size > maxJsonBytes) return undefined
  const text = decodeName(await image.readFile(node, { maxBytes: maxJsonBytes, signal }))
  try {
    const value: unknown = JSON.parse(text)
    return isJsonObject(value) ? { path: node.path, text, value } : undefined
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

/** Whether a value is a JSON object, not an array. */
export const isJsonObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Names under a key of an object, such as those of `dependencies`. */
export function namesUnder(value: JsonObject, key: string): readonly string[] {
  const under = Object.hasOwn(value, key) ? value[key] : undefined
  return isJsonObject(under) ? Object.keys(under) : []
}
