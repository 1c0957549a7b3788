import type { ImageVerdict } from '@sallyport/attest'

/** A verdict in lines for a log: what satisfies each requirement, or why each candidate does not. */
export function explainVerdict({ error, requirements, warnings }: ImageVerdict): readonly string[] {
  if (error) return [`could not be judged: ${error.code}: ${error.message}`]
  return [
    ...requirements.flatMap(({ name, satisfied, message, candidates }) => [
      `${satisfied ? 'yes' : 'no'}: ${name}: ${message}`,
      ...candidates.map(({ store, manifest, code }) => `  ${code}: ${store} ${manifest}`),
    ]),
    ...warnings.map(({ code, message }) => `${code}: ${message}`),
  ]
}
