import { Refusal } from './refusal.ts'

/** Limits of {@link readForm}. */
export interface FormLimits {
  readonly maxBytes: number
  readonly timeoutMs: number
}

/** The fields of a form, each once. */
export type Form = ReadonlyMap<string, string>

const maxFields = 20

/** Reads a form no further than its limits, whatever its length was said to be. */
export async function readForm(request: Request, limits: FormLimits): Promise<Form> {
  const type = request.headers.get('content-type') ?? ''
  if (
    !/^application\/x-www-form-urlencoded(?:\s*;\s*charset=utf-8)?$/i.test(type) ||
    request.headers.has('content-encoding')
  )
    throw new Refusal(415, 'Not a form', 'Only forms of this console are read.')
  if (Number(request.headers.get('content-length') ?? 0) > limits.maxBytes) throw tooLarge()
  return parseForm(await readText(request, limits))
}

async function readText(request: Request, { maxBytes, timeoutMs }: FormLimits): Promise<string> {
  const reader = (request.body ?? new Blob([]).stream()).getReader()
  const { promise: late, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(
    () => reject(new Refusal(408, 'Too slow', 'The form took too long.', { connection: 'close' })),
    timeoutMs,
  )
  const chunks: Uint8Array[] = []
  let length = 0
  try {
    for (;;) {
      const { done, value } = await Promise.race([reader.read().catch(cutOff), late])
      if (done) break
      length += value.byteLength
      if (length > maxBytes) throw tooLarge()
      chunks.push(value)
    }
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks))
  } catch (error) {
    // Not waited for: a sender that says nothing would keep it.
    void reader.cancel().catch(() => undefined)
    throw error instanceof Refusal ? error : malformed()
  } finally {
    clearTimeout(timer)
  }
}

function parseForm(text: string): Form {
  const fields = new Map<string, string>()
  for (const [name, value] of new URLSearchParams(text)) {
    // What is not UTF-8 has become U+FFFD by now; controls other than line breaks belong in no field.
    if (fields.has(name) || fields.size === maxFields || /[^\P{Cc}\t\r\n]|\ufffd/u.test(name + value))
      throw malformed()
    fields.set(name, value)
  }
  return fields
}

const malformed = () => new Refusal(400, 'Not a form', 'The form can not be read.')
const tooLarge = () => new Refusal(413, 'Too large', 'The form is too large.', { connection: 'close' })
const cutOff = () => {
  throw malformed()
}
